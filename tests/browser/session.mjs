// What the tests run against: the demo as a child process, and Debian's Chromium.

import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { chromium } from 'playwright-core'

const STARTS_WITHIN_MS = 20_000
const STOPS_WITHIN_MS = 5_000
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium'
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
]
export const PHONE = { width: 390, height: 844 }

/** Starts `holdline demo` on a free port. Gives its address and a way to end it. */
export async function startDemo(binary) {
  const child = spawn(binary, ['demo', '--listen', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  const ended = new Promise((resolve) => child.once('exit', resolve))
  const lines = createInterface({ input: child.stdout })
  const address = await new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('the demo printed no address in time')), STARTS_WITHIN_MS)
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`the demo ended with ${code} before it printed its address`)))
    lines.on('line', (line) => {
      const found = /http:\/\/127\.0\.0\.1:\d+/.exec(line)
      if (found === null) return
      clearTimeout(late)
      resolve(found[0])
    })
  }).catch((error) => {
    kill()
    throw error
  })
  const stop = async () => {
    child.kill('SIGTERM')
    const forced = setTimeout(kill, STOPS_WITHIN_MS)
    await ended
    clearTimeout(forced)
    process.removeListener('exit', kill)
  }
  return { address, stop }
}

/** One Chromium with a profile of its own, removed at the end. */
export async function startBrowser() {
  const scratch = mkdtempSync(join(tmpdir(), 'holdline-chromium-'))
  const env = { ...process.env, HOME: scratch, XDG_CONFIG_HOME: scratch, XDG_CACHE_HOME: scratch }
  const browser = await chromium.launch({ executablePath: CHROMIUM, headless: true, args: FLAGS, env })
  const stop = async () => {
    await browser.close()
    rmSync(scratch, { recursive: true, force: true })
  }
  return { browser, stop }
}

/** Somebody's phone, without scripts. */
export function phone(browser, address, scripts = false) {
  return browser.newContext({
    baseURL: address,
    javaScriptEnabled: scripts,
    viewport: PHONE,
    isMobile: true,
    hasTouch: true,
    locale: 'en-US',
  })
}
