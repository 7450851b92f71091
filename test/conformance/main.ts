import type { Client } from './client.ts'
import { allClients } from './clients.ts'

/**
 * `npm run conformance [WORD...]`: lets real clients do all that they are used for, and prints for each how
 * much of it worked. With words only clients whose names hold one of them.
 */
process.exitCode = await main(process.argv.slice(2))

async function main(words: readonly string[]): Promise<number> {
  const isWanted = ({ name }: Client): boolean =>
    words.length === 0 || words.some((word) => name.includes(word))
  let failures = 0
  for (const client of allClients().filter(isWanted)) failures += await report(client)
  return failures === 0 ? 0 : 1
}

async function report(client: Client): Promise<number> {
  if (client.missing !== undefined) {
    console.log(`${client.name.padEnd(32)} skipped: ${client.missing}`)
    return 0
  }
  const open = await client.open()
  const failed: string[] = []
  try {
    for (const name of client.checks) {
      await open.check(name).catch((error: unknown) => {
        failed.push(`  failed: ${name}\n    ${String(error)}`)
      })
    }
  } finally {
    await open.close()
  }
  const passed = String(client.checks.length - failed.length).padStart(4)
  console.log(`${client.name.padEnd(32)} ${passed} passed  ${failed.length} failed`)
  for (const line of failed) console.log(line)
  return failed.length
}
