// Takes the pictures of the README anew: the alert mail, the approval page, the newsroom, at a phone's width.
// Called as: node tests/browser/pictures.mjs target/debug/holdline docs/pictures

import assert from 'node:assert/strict'
import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { TIME_ZONE, approveByMail, be, factForm, follow, minutesAgo, openLink, press, readMail, untilSays } from './acts.mjs'
import { PHONE, phone, startBrowser, startDemo } from './session.mjs'

const BYTES_MAX = 150_000
/** How much is seen above what a picture is about. */
const ABOVE_PX = 330

const [binary, folder] = process.argv.slice(2)
if (folder === undefined) {
  console.error('say where holdline is and where the pictures go: node pictures.mjs target/debug/holdline docs/pictures')
  process.exit(2)
}
mkdirSync(folder, { recursive: true })
const demo = await startDemo(binary)
const { browser, stop } = await startBrowser()
try {
  const page = await (await phone(browser, demo.address)).newPage()
  await take(page)
} finally {
  await stop()
  await demo.stop()
}

async function take(page) {
  await readMail(page, 'Ana Ruiz', /Is this real\?/)
  await page.goto(`${page.url()}/html`)
  await keep(page, 'alert')
  await be(page, 'Ana Ruiz')
  await follow(page, 'Patient data breach')
  await press(page, 'It is real')
  await press(page, 'I have it: claim the incident')
  await press(factForm(page, 'Where can people call?'), 'Confirm')
  await be(page, 'Chi Nwosu')
  await follow(page, 'Patient data breach')
  const learned = factForm(page, 'When did we learn of it?')
  await learned.getByLabel('When did we learn of it?').fill(minutesAgo(25, TIME_ZONE))
  await press(learned, 'Confirm')
  await readMail(page, 'Eve Gray', /Approve by .*staff statement/)
  await openLink(page)
  const top = await page.getByRole('heading', { name: 'Your answer' }).evaluate((heading) => heading.offsetTop)
  await page.evaluate(`window.scrollTo(0, ${top - ABOVE_PX})`)
  await keep(page, 'approval')
  await approveByMail(page, 'Eve Gray', /Approve by .*staff statement/)
  for (const name of ['Dev Patel', 'Chi Nwosu', 'Ben Okafor']) {
    await approveByMail(page, name, /Approve by .*holding statement/)
  }
  await untilSays(page, '/newsroom', 'We are looking into claims about patient records')
  await follow(page, 'We are looking into claims about patient records')
  await keep(page, 'newsroom')
}

async function keep(page, name) {
  const path = join(folder, `${name}.png`)
  await page.screenshot({ path })
  const { size } = statSync(path)
  assert.ok(size <= BYTES_MAX, `${path} has ${size} bytes, more than ${BYTES_MAX}`)
  console.log(`${path}: ${PHONE.width} px wide, ${size} bytes`)
}
