// What a person does on the pages: found by what it says, never by how it is built.

/** The sample organisation's. */
export const TIME_ZONE = 'America/New_York'
const PATIENCE_MS = 45_000
const PAUSE_MS = 250

/** Asks again and again until there is an answer; `what` is said when none came. */
export async function until(what, ask) {
  const deadline = Date.now() + PATIENCE_MS
  for (;;) {
    const answer = await ask()
    if (answer) return answer
    if (Date.now() > deadline) throw new Error(`${what}: not within ${PATIENCE_MS / 1000} s`)
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  }
}

export const words = (page) => page.getByRole('main').innerText()

export async function says(page, wanted) {
  const text = await words(page)
  const found = wanted instanceof RegExp ? wanted.test(text) : text.includes(wanted)
  if (!found) throw new Error(`${page.url()} does not say ${wanted}; it says:\n${text.slice(0, 600)}`)
}

/** Loads the page again until it says so. */
export function untilSays(page, path, wanted) {
  return until(`${path} says ${wanted}`, async () => {
    await page.goto(path)
    const text = await words(page)
    return wanted instanceof RegExp ? wanted.test(text) : text.includes(wanted)
  })
}

export const press = (place, name) => place.getByRole('button', { name, exact: true }).click()
export const follow = (place, name) => place.getByRole('link', { name }).first().click()
/** Opens what is folded away. */
export const unfold = (place, name) => place.getByText(name).first().click()

/** Picks who to be, as the demo's first page offers. */
export async function be(page, name) {
  await page.goto('/demo')
  await press(page, `Be ${name}`)
}

/** Waits for a mail to that person, opens it, and gives its code where it has one. */
export async function readMail(page, name, subject) {
  await until(`a mail to ${name} about ${subject}`, async () => {
    await page.goto('/demo')
    await follow(page, `Mailbox of ${name}`)
    const found = page.getByRole('link', { name: subject })
    if ((await found.count()) === 0) return false
    await found.first().click()
    return true
  })
  return /Type this code there: (\S+)/.exec(await words(page))?.[1]
}

/** From an open mail to the page that it links to. */
export const openLink = (page) => follow(page, /^http:\/\/127\.0\.0\.1:\d+\/(a|sign-in|incident)\//)

/** Types the code and presses. */
export async function answer(page, code, button, why = '') {
  await page.getByLabel('The code from your mail').fill(code)
  if (why !== '') await page.getByLabel(/^If not/).fill(why)
  await press(page, button)
}

/** Reads the mail, opens its link, approves, and sees the receipt. */
export async function approveByMail(page, name, subject) {
  const code = await readMail(page, name, subject)
  await openLink(page)
  await answer(page, code, 'Approve exactly this')
  await says(page, 'You approved this at')
}

/** The form in which a fact is asked for. */
export function factForm(page, ask) {
  return page.getByRole('group').filter({ hasText: ask })
}

/** A time of the organisation's zone as the field takes it, some minutes ago. */
export function minutesAgo(minutes, timeZone) {
  const parts = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' })
  return parts.format(new Date(Date.now() - minutes * 60_000)).replace(' ', 'T')
}
