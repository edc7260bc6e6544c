'use strict';

// Where the programs under measurement, their peers and the benchmark's own are, and what to say
// when one is not there.

const fs = require('node:fs');
const path = require('node:path');

const root = path.resolve(__dirname, '..', '..');
const bin = path.resolve(root, process.env.RT_BIN || 'build/release/bin');
const benchBin = path.resolve(root, process.env.RT_BENCH_BIN || path.join(bin, '..', 'bench'));

// Something that the measurement needs is not installed or not built: exit status 3.
class Missing extends Error {}

function executable(file) {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

function built(directory, name, remedy) {
  const file = path.join(directory, name);
  if (!executable(file)) throw new Missing(`${file} is missing: ${remedy}`);
  return file;
}

const ours = (name) => built(bin, name, 'build the project, or set RT_BIN');
const own = (name) => built(benchBin, name, 'build target bench_programs, or set RT_BENCH_BIN');

// Of a release: next to the programs, built or installed.
const privateLibrary = () => path.join(bin, '..', 'lib', 'rtwire', 'librtwire.so');

function peer(name, packages) {
  const directories = [...(process.env.PATH || '').split(':'), '/usr/sbin', '/usr/local/sbin'];
  const file = directories.map((directory) => path.join(directory, name)).find(executable);
  if (!file) throw new Missing(`${name} is not installed: scripts/setup --bench, or ${packages}`);
  return file;
}

const nginx = () => peer('nginx', 'apt-get install nginx, brew install nginx');
const mosquitto = () => peer('mosquitto', 'apt-get install mosquitto, brew install mosquitto');
const mosquittoClient = (name) =>
  peer(name, 'apt-get install mosquitto-clients, brew install mosquitto');
const curl = () => peer('curl', 'apt-get install curl');
const socat = () => peer('socat', 'apt-get install socat, brew install socat');
const wrk = () => peer('wrk', 'apt-get install wrk, brew install wrk');

function nchanModule() {
  const file = ['/usr/lib', '/usr/lib64', '/usr/local/lib']
    .map((directory) => path.join(directory, 'nginx/modules/ngx_nchan_module.so'))
    .find((candidate) => fs.existsSync(candidate));
  if (!file) {
    throw new Missing('nchan is not installed: scripts/setup --bench, or ' +
                      'apt-get install libnginx-mod-nchan');
  }
  return file;
}

// The directory to load Node's ws from.
function nodeWs() {
  const directory = ['tests/e2e', 'bench']
    .map((home) => path.join(root, home, 'node_modules', 'ws'))
    .find((candidate) => fs.existsSync(path.join(candidate, 'package.json')));
  if (!directory) {
    throw new Missing("Node's ws is not installed: scripts/setup --bench, or " +
                      'npm install --prefix bench ws');
  }
  return directory;
}

module.exports = {
  Missing, curl, mosquitto, mosquittoClient, nchanModule, nginx, nodeWs, ours, own, privateLibrary,
  socat, wrk,
};
