// Prints what the package in the folder argv[1] knows: its version and licence, its
// providers, and what its own calculator makes of some usages.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const dir = process.argv[1]
const about = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'))
const { calcPrice, waitForUpdate } = await import(pathToFileURL(join(dir, about.module)))
const providers = await waitForUpdate() // without an updater: the bundled data

const usages = [
  { input_tokens: 10007, cache_read_tokens: 3001, output_tokens: 503, output_reasoning_tokens: 101 },
  { input_tokens: 300011, cache_read_tokens: 1009, cache_write_tokens: 2003, output_tokens: 5003 },
  {
    input_tokens: 20011, cache_read_tokens: 4001, cache_write_tokens: 3001, cache_write_1h_tokens: 1009,
    input_audio_tokens: 2011, cache_audio_read_tokens: 1013, output_tokens: 907, output_audio_tokens: 211,
    web_searches: 3
  }
]
const times = ['2026-03-12T05:00:00Z', '2026-09-20T17:00:00Z']

// names lists ids that should match, and some that are only near one.
const names = m => m.or || m.and ? (m.or || m.and).flatMap(names) : m.regex ? [] : Object.values(m).flatMap(v => [v, v + '-20250102', 'x-' + v])

const checks = []
for (const provider of providers) {
  for (const model of provider.models) {
    for (const name of new Set([model.id, ...names(model.match)])) {
      const n = checks.length
      const usage = n % usages.length
      const at = times[n % times.length]
      const got = calcPrice(usages[usage], name, { providerId: provider.id, timestamp: new Date(at) })
      checks.push({ provider: provider.id, model: name, at, usage, id: got?.model.id ?? '', usd: got?.total_price ?? null })
    }
  }
}
console.log(JSON.stringify({ version: about.version, license: about.license, providers, usages, checks }))
