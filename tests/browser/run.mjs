// Plays the demo as people would, in a real browser at a phone's width without scripts, and as a mail scanner with them.
// Called as: node run.mjs PATH-TO-HOLDLINE

import assert from 'node:assert/strict'
import {
  TIME_ZONE,
  answer,
  approveByMail,
  be,
  factForm,
  follow,
  minutesAgo,
  openLink,
  press,
  readMail,
  says,
  unfold,
  until,
  untilSays,
  words,
} from './acts.mjs'
import { examiner } from './checks.mjs'
import { Report } from './report.mjs'
import { scan } from './scanner.mjs'
import { phone, startBrowser, startDemo } from './session.mjs'

const INCIDENT = '/incident/1'
const WISH = 'Say that we have called the police.'
const ADDED = 'We have called the police.'
const GRACE_MS = 170_000

const binary = process.argv[2]
if (binary === undefined) {
  console.error('say where holdline is: node run.mjs target/debug/holdline')
  process.exit(2)
}

const report = new Report()
const undo = []
const overtime = setTimeout(() => {
  console.log(`  FAIL  not done within ${GRACE_MS / 1000} s`)
  console.log(`${report.passed} passed, ${report.failed + 1} failed`)
  process.exit(1)
}, GRACE_MS)
try {
  await play()
} catch (error) {
  report.failed += 1
  console.log(`  FAIL  ${error.stack}`)
} finally {
  for (const stop of undo.reverse()) await stop()
  clearTimeout(overtime)
}
console.log(`${report.passed} passed, ${report.failed} failed`)
process.exitCode = report.failed === 0 ? 0 : 1

async function play() {
  const demo = await startDemo(binary)
  undo.push(demo.stop)
  const { browser, stop } = await startBrowser()
  undo.push(stop)
  const open = async (scripts) => (await phone(browser, demo.address, scripts)).newPage()
  // The desk has a session; the approver has none and needs none; the scanner runs scripts.
  const pages = { desk: await open(false), approver: await open(false), scanner: await open(true) }
  const flaws = await examiner(browser, demo.address)
  const examine = async (page, name) => report.page(name, page, await flaws(page))
  await report.story('The doors', pages, doors(pages, examine))
  await report.story('From the alert to the first approval', pages, opening(pages, examine))
  await report.story('A mail scanner', pages, scanned(pages, examine))
  await report.story('From the facts to the public', pages, publishing(pages, examine))
  await report.story('Standing down', pages, ending(pages, examine))
}

function doors({ desk, approver }, examine) {
  return {
    'without a session there is only the sign-in page': async () => {
      await desk.goto('/')
      await says(desk, 'Sign in')
      await examine(desk, 'sign-in')
    },
    'a page that is not there says so, and so does a link cut short': async () => {
      for (const path of ['/nowhere', '/a/cut-short', '/newsroom/1/nothing']) {
        await desk.goto(path)
        await says(desk, 'Not found')
        await examine(desk, path)
      }
    },
    'the newsroom is empty': async () => {
      await approver.goto('/newsroom')
      await says(approver, 'There are no statements.')
      await examine(approver, 'the empty newsroom')
    },
    'signing in by mail, with the code typed by hand': async () => {
      await desk.goto('/sign-in')
      await desk.getByLabel('Your e-mail address').fill('dev@riverside.example')
      await press(desk, 'Send me a link and a code')
      await says(desk, 'Look at your mail')
      await examine(desk, 'the sign-in mail is on its way')
      const code = await readMail(desk, 'Dev Patel', /sign/i)
      await openLink(desk)
      await examine(desk, 'the sign-in code')
      await desk.getByLabel('Code').fill('AAAAAA')
      await press(desk, 'Sign in')
      assert.equal(await desk.getByRole('alert').count(), 1, 'a wrong code is refused')
      await desk.getByLabel('Code').fill(code)
      await press(desk, 'Sign in')
      await says(desk, 'What is going on')
      await press(desk, 'Sign out')
      await says(desk, 'Sign in')
    },
  }
}

function opening({ desk, approver }, examine) {
  return {
    'the demo says what to do, and Ana is somebody to be': async () => {
      await desk.goto('/demo')
      await says(desk, 'Who do you want to be?')
      await examine(desk, 'the demo')
      await be(desk, 'Ana Ruiz')
      await says(desk, 'What is going on')
      await examine(desk, 'the desk')
    },
    'the alert comes by mail and says why': async () => {
      await readMail(desk, 'Ana Ruiz', /Is this real\? Patient data breach/)
      await says(desk, /A spike opened it\. .* mentions from \d+ voices/)
      await says(desk, 'WHAT TO DO NOW')
      await examine(desk, 'the alert')
      await desk.goto('/mailbox')
      await examine(desk, 'the mailbox')
    },
    'from the alert to the incident: it is real': async () => {
      await readMail(desk, 'Ana Ruiz', /Is this real\?/)
      await openLink(desk)
      await says(desk, 'Nobody has said yet whether it is real.')
      await examine(desk, 'an incident nobody has looked at')
      await press(desk, 'It is real')
      await says(desk, 'Open.')
    },
    'Ana claims it, and the page says what to do now': async () => {
      await press(desk, 'I have it: claim the incident')
      await says(desk, 'Ana Ruiz has it')
      await says(desk, /TO DO NOW|To do now/)
      await says(desk, 'Confirm: When did we learn of it?')
      await examine(desk, 'a claimed incident')
    },
    'a fact that cannot be read is refused in words, with a way back': async () => {
      const records = factForm(desk, /How many people/)
      await records.getByRole('textbox').fill('a lot')
      await press(records, 'Write down, somebody else confirms')
      await says(desk, 'Nothing was saved')
      await examine(desk, 'a fact refused')
      await follow(desk, 'Back')
    },
    'Ana confirms the help line': async () => {
      await press(factForm(desk, 'Where can people call?'), 'Confirm')
      await says(desk, 'Confirmed by Ana Ruiz.')
    },
    'the approval mail shows the text, the deadline with its zone, and the code': async () => {
      const code = await readMail(approver, 'Fay Lind', /Approve by \d\d:\d\d E[SD]T: .*staff statement \(v1\)/)
      assert.match(code, /^[0-9A-Z]{6}$/)
      for (const wanted of ['THE EXACT TEXT', 'HOW TO ANSWER', 'WHAT IS NOT KNOWN', 'WHO ELSE MUST SAY YES', 'On silence:']) {
        await says(approver, wanted)
      }
      await examine(approver, 'an approval mail')
      const frame = approver.frameLocator('iframe')
      await frame.getByText('Open the approval page').waitFor()
    },
  }
}

function scanned({ desk, approver, scanner }, examine) {
  let link = ''
  return {
    'presses every button and sends every form, and decides nothing': async () => {
      await readMail(approver, 'Fay Lind', /Approve by .*staff statement/)
      await openLink(approver)
      link = approver.url()
      await examine(approver, 'an approval page')
      const said = await scan(scanner, link)
      assert.equal(said.length, 6, 'three buttons, empty and with garbage')
      for (const text of said) assert.match(text, /Nothing was decided\./)
      await scanner.goto(link)
      await says(scanner, 'Your answer')
    },
    'locks the request at five wrong codes': async () => {
      await until('the request is locked', async () => {
        await scanner.goto(link)
        if ((await scanner.getByRole('button', { name: 'Approve exactly this' }).count()) === 0) return true
        await answer(scanner, 'ZZZZZZ', 'Approve exactly this')
        return /locked/i.test(await words(scanner))
      })
      await approver.goto(link)
      await says(approver, /locked/i)
      await examine(approver, 'a locked approval page')
    },
    'has posted nothing, and the duty officer is told': async () => {
      await approver.goto('/newsroom')
      await says(approver, 'There are no statements.')
      await desk.goto(INCIDENT)
      await says(desk, 'Fay Lind (executive)')
      await says(desk, /Being approved. Still open: release\./)
      await readMail(desk, 'Ana Ruiz', /lock|code/i)
    },
  }
}

function publishing({ desk, approver }, examine) {
  let old = ''
  return {
    'Eve approves the staff statement by mail, and it is posted': async () => {
      await approveByMail(approver, 'Eve Gray', /Approve by .*staff statement/)
      await examine(approver, 'a receipt')
      await untilSays(desk, INCIDENT, /staff-board: posted at/)
    },
    'Chi confirms when it was learned': async () => {
      await be(desk, 'Chi Nwosu')
      await follow(desk, 'Patient data breach')
      const learned = factForm(desk, 'When did we learn of it?')
      await learned.getByLabel('When did we learn of it?').fill(minutesAgo(25, TIME_ZONE))
      await press(learned, 'Confirm')
      await says(desk, 'Confirmed by Chi Nwosu.')
    },
    'Chi asks for changes, which ends the round': async () => {
      await readMail(approver, 'Dev Patel', /Approve by .*holding statement \(v1\)/)
      await openLink(approver)
      old = approver.url()
      await examine(approver, 'the approval page of the holding statement')
      const code = await readMail(approver, 'Chi Nwosu', /Approve by .*holding statement \(v1\)/)
      await openLink(approver)
      await answer(approver, code, 'Ask for changes', WISH)
      await says(approver, WISH)
      await untilSays(desk, INCIDENT, `Chi Nwosu did not approve it: ${WISH}`)
      await examine(desk, 'an incident whose statement was not approved')
    },
    'Ana edits the text, and the old link shows what changed and takes no answer': async () => {
      await be(desk, 'Ana Ruiz')
      await desk.goto(INCIDENT)
      const holding = desk.getByRole('main').locator('section', { hasText: 'holding statement' })
      await unfold(holding, 'Edit the text')
      await examine(desk, 'the edit form')
      const text = holding.getByLabel('Text').first()
      await text.fill(`${await text.inputValue()}\n${ADDED}`)
      await press(holding, 'Save this version')
      await says(desk, /holding statement \(v2\)/i)
      await approver.goto(old)
      await says(approver, 'What changed from version 1 to version 2')
      await says(approver, ADDED)
      assert.equal(await approver.getByRole('main').getByRole('button').count(), 0, 'nothing to press on an old link')
      await examine(approver, 'an old approval link')
    },
    'Dev approves with nothing but the keyboard': async () => {
      const code = await readMail(approver, 'Dev Patel', /Approve by .*\(v2\)/)
      await openLink(approver)
      await tabTo(approver, (element) => element.name === 'code')
      await approver.keyboard.type(code.toLowerCase())
      await tabTo(approver, (element) => element.textContent === 'Approve exactly this')
      await approver.keyboard.press('Enter')
      await until('the receipt', async () => (await words(approver)).includes('You approved this at'))
    },
    'Chi and Ben approve by mail': async () => {
      await approveByMail(approver, 'Chi Nwosu', /Approve by .*\(v2\)/)
      await approveByMail(approver, 'Ben Okafor', /Approve by .*\(v2\)/)
      await examine(approver, 'the last receipt')
    },
    'the newsroom shows the statement in both languages': async () => {
      await untilSays(approver, '/newsroom', 'We are looking into claims about patient records')
      await examine(approver, 'the newsroom')
      await follow(approver, 'We are looking into claims about patient records')
      await says(approver, ADDED)
      await says(approver, 'Sabemos que esta noticia preocupa.')
      await examine(approver, 'a statement in the newsroom')
    },
  }
}

function ending({ desk, approver }, examine) {
  return {
    'Ana proposes to stand down, with a reason': async () => {
      await untilSays(desk, INCIDENT, /website: posted at/)
      await examine(desk, 'an incident with a posted statement')
      await unfold(desk, 'Propose to stand down')
      await desk.getByLabel('Why it is over').fill('The talk has calmed down.')
      await press(desk, 'Propose it')
      await says(desk, 'People are being asked whether it is over')
    },
    'Ben agrees by mail': async () => {
      const code = await readMail(approver, 'Ben Okafor', /Approve.*standing down/)
      await openLink(approver)
      await says(approver, 'Ana Ruiz proposes to stand down: The talk has calmed down.')
      await examine(approver, 'the approval page of standing down')
      await answer(approver, code, 'Approve standing down')
    },
    'the incident has stood down, and the statement stays public': async () => {
      await untilSays(desk, INCIDENT, 'Stood down at')
      await examine(desk, 'an incident that stood down')
      await approver.goto('/newsroom')
      await says(approver, 'We are looking into claims about patient records')
      for (const path of ['/', '/demo', '/mailbox']) {
        await desk.goto(path)
        await examine(desk, `${path} at the end`)
      }
    },
  }
}

/** Presses Tab until the focus is where it is wanted. */
async function tabTo(page, wanted) {
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press('Tab')
    const there = await page.evaluate(`(${wanted})(document.activeElement)`)
    if (there) return
  }
  throw new Error('the keyboard does not get there with 60 presses of Tab')
}
