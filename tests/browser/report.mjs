// Runs named steps, says how each went, and keeps what a page looked like when one failed.

import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export class Report {
  passed = 0
  failed = 0
  broken = false
  folder = null

  /** The steps build on one another: after one that failed, the rest count as failed. */
  async story(title, pages, steps) {
    console.log(title)
    for (const [name, step] of Object.entries(steps)) {
      if (this.broken) {
        this.#fails(`${name}: not reached`)
        continue
      }
      try {
        await step()
        this.passed += 1
        console.log(`  ok    ${name}`)
      } catch (error) {
        this.broken = true
        this.#fails(`${name}: ${error.message}`)
        await this.#keep(pages)
      }
    }
  }

  /** A page as such: what is wrong with it does not keep the story from going on. */
  async page(name, page, found) {
    if (found.length === 0) {
      this.passed += 1
      return
    }
    this.#fails(`${name} (${page.url()}):\n        ${found.join('\n        ')}`)
    await this.#keep({ page })
  }

  #fails(words) {
    this.failed += 1
    console.log(`  FAIL  ${words}`)
  }

  async #keep(pages) {
    this.folder ??= mkdtempSync(join(tmpdir(), 'holdline-browser-'))
    for (const [who, page] of Object.entries(pages)) {
      const path = join(this.folder, `${this.failed}-${who}`)
      try {
        writeFileSync(`${path}.html`, await page.content())
        await page.screenshot({ path: `${path}.png`, fullPage: true })
        console.log(`        ${who} saw ${path}.png and .html`)
      } catch (error) {
        console.log(`        what ${who} saw could not be kept: ${error.message}`)
      }
    }
  }
}
