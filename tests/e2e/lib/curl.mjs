// curl as the client: what it prints, taken apart.
import {start} from './harness.mjs';
import {parseHead} from './net.mjs';

const kCommon = ['-q', '-sS', '--path-as-is', '--globoff', '--noproxy', '*', '-D', '-'];

function takeApart(bytes) {
  let at = 0;
  for (;;) {
    const end = bytes.indexOf('\r\n\r\n', at);
    if (end < 0) throw new Error(`no response head in ${bytes.toString('latin1').slice(0, 500)}`);
    const head = parseHead(bytes.toString('latin1', at, end));
    at = end + 4;
    if (head.status >= 200 || head.status === 101) {
      const body = bytes.subarray(at);
      return {...head, body, text: body.toString('utf8')};
    }
  }
}

// {status, headers, body, text}; `json` and `ndjson` read the text.
export async function curl(url, args = [], {input} = {}) {
  const program = start('curl', [...kCommon, ...args, url], {
    stdin: input === undefined ? null : 'pipe',
  });
  if (input !== undefined) program.child.stdin.end(input);
  const {code} = await program.waitExit();
  if (code !== 0) throw new Error(`curl ended with ${code}: ${program.detail()}`);
  const answer = takeApart(program.bytes());
  answer.json = () => JSON.parse(answer.text);
  answer.ndjson = () => answer.text.split('\n').filter(Boolean).map((line) => JSON.parse(line));
  return answer;
}

// POSTs `payload` and gives its id.
export async function publish(url, payload, {type = 'text/plain', method = 'POST'} = {}) {
  const answer = await curl(url, ['-X', method, '-H', `Content-Type: ${type}`,
                                  '--data-binary', '@-'], {input: payload});
  if (answer.status !== 201) throw new Error(`${method} ${url}: ${answer.status} ${answer.text}`);
  return answer.headers['rt-id'];
}

// A long-running curl whose stdout is the body as it arrives.
export function curlStream(url, args = []) {
  return start('curl', ['-q', '-sSN', '--noproxy', '*', ...args, url], {stdin: null});
}

// Publishes many at once as NDJSON, without a process for each: gives the ids.
export async function publishAll(url, payloads) {
  const body = payloads.map((data) => JSON.stringify({v: 1, data})).join('\n');
  const answer = await fetch(url, {
    method: 'POST',
    headers: {'Content-Type': 'application/x-ndjson'},
    body,
    signal: AbortSignal.timeout(30_000),
  });
  const text = await answer.text();
  if (answer.status !== 201) throw new Error(`POST ${url}: ${answer.status} ${text}`);
  return JSON.parse(text).ids;
}

