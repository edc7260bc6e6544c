// Chromium as the browser of the tests.
import {existsSync} from 'node:fs';
import {delimiter, join} from 'node:path';
import {chromium} from 'playwright-core';
import {defer} from './harness.mjs';

function executable() {
  const inPath = (process.env.PATH ?? '').split(delimiter).flatMap(
      (directory) => ['chromium', 'chromium-browser', 'google-chrome'].map(
          (name) => join(directory, name)));
  const found = [
    ...inPath,
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  ].find((path) => existsSync(path));
  if (!found) throw new Error('no Chromium: scripts/setup --test installs it');
  return found;
}

// A browser of its own, closed with the test or the file.
export async function launchBrowser() {
  const browser = await chromium.launch({
    executablePath: executable(),
    headless: true,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-proxy-server',
    ],
  });
  defer(() => browser.close());
  return browser;
}
