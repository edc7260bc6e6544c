// Certificates of the tests' own authority, made by openssl, gone with the test or the file.
import {execFileSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {defer} from './harness.mjs';

function openssl(directory, args) {
  execFileSync('openssl', args, {cwd: directory, stdio: ['ignore', 'ignore', 'pipe']});
}

const kKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

function issue(directory, name, extension) {
  openssl(directory, ['req', ...kKey, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj',
                      `/CN=${name}`]);
  writeFileSync(join(directory, `${name}.ext`), `${extension}\n`);
  openssl(directory, ['x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.pem', '-CAkey', 'ca.key',
                      '-CAcreateserial', '-days', '2', '-extfile', `${name}.ext`, '-out',
                      `${name}.pem`]);
}

// {ca, certificate, key, client, clientKey, elsewhere, elsewhereKey}: paths of PEM files. The
// server's certificate is for localhost and 127.0.0.1, `elsewhere` for another name.
export function makeCertificates() {
  const directory = mkdtempSync(join(tmpdir(), 'rtwire-tls-'));
  defer(() => rmSync(directory, {recursive: true}));
  openssl(directory, ['req', '-x509', ...kKey, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2',
                      '-subj', '/CN=rtwire test authority']);
  issue(directory, 'server', 'subjectAltName=DNS:localhost,IP:127.0.0.1');
  issue(directory, 'elsewhere', 'subjectAltName=DNS:elsewhere.example');
  issue(directory, 'client', 'extendedKeyUsage=clientAuth');
  const at = (name) => join(directory, name);
  return {
    ca: at('ca.pem'),
    certificate: at('server.pem'),
    key: at('server.key'),
    elsewhere: at('elsewhere.pem'),
    elsewhereKey: at('elsewhere.key'),
    client: at('client.pem'),
    clientKey: at('client.key'),
  };
}

export function serverOptions(files, {elsewhere = false, clientCa = false} = {}) {
  const own = {certificate: elsewhere ? files.elsewhere : files.certificate,
               key: elsewhere ? files.elsewhereKey : files.key,
               client_ca: clientCa ? files.ca : ''};
  return {
    cert: readFileSync(own.certificate),
    key: readFileSync(own.key),
    files: own,  // for a server that is no part of this process
    ...(clientCa ? {ca: readFileSync(files.ca), requestCert: true, rejectUnauthorized: true} : {}),
  };
}
