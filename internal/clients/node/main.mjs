// Does jobs with the SDKs of npm: a job a line comes in, its result a line
// goes out. See package clients for what is in them.
import { createInterface } from 'node:readline';

let matches = [];
const { fetch } = globalThis;
globalThis.fetch = async (...args) => {
  const response = await fetch(...args);
  matches.push(response.headers.get('reprise-match') ?? '');
  return response;
};

// A conversation ends at some time.
class Turns extends Array {
  push(...turns) {
    if (this.length > 5) throw new Error(`there is no end after ${this.length} turns`);
    return super.push(...turns);
  }
}

async function work(job) {
  const [sdk, ...way] = job.client.split(' ');
  const ways = (await import(`./${sdk}.mjs`)).default;
  const turns = new Turns();
  let error = '';
  try {
    await ways[way.join(' ')](job, turns);
  } catch (e) {
    error = `${e.name}: ${e.message}${e.stack.split('\n').slice(1, 4).join('')}`;
  }
  return { turns, error };
}

for await (const line of createInterface({ input: process.stdin })) {
  matches = [];
  const result = await work(JSON.parse(line));
  console.log(JSON.stringify({ ...result, matches }));
}
