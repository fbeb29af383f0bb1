// What every page must keep: nothing sideways, nothing too small to press, nothing that axe objects to.

import axe from 'axe-core'
import { phone } from './session.mjs'

const TAP_TARGET_PX = 44

/**
 * Gives what is wrong with a page, if anything.
 * Axe needs scripts, so it looks at a copy of the very page in a browser context that has them.
 */
export async function examiner(browser, address) {
  const context = await phone(browser, address, true)
  const copy = await context.newPage()
  return async (page) => [...(await page.evaluate(measured, TAP_TARGET_PX)), ...(await axed(copy, page))]
}

function measured(least) {
  const found = []
  const width = document.documentElement.scrollWidth
  if (width > window.innerWidth) found.push(`scrolls sideways: ${width} px of ${window.innerWidth} px`)
  const pressed = 'button, input:not([type=hidden]), select, textarea, summary, header a, li > a'
  for (const element of document.querySelectorAll(pressed)) {
    const box = element.getBoundingClientRect()
    if (box.height > 0 && box.height < least) found.push(`only ${box.height} px high: ${element.outerHTML.slice(0, 120)}`)
  }
  return found
}

async function axed(copy, page) {
  const body = await page.content()
  const url = page.url()
  await copy.route(url, (route) => route.fulfill({ contentType: 'text/html; charset=utf-8', body }), { times: 1 })
  await copy.goto(url)
  await copy.evaluate(axe.source)
  const { violations } = await copy.evaluate(() => globalThis.axe.run())
  return violations.map((said) => `axe ${said.id} (${said.impact}): ${said.help}: ${said.nodes[0]?.html.slice(0, 200)}`)
}
