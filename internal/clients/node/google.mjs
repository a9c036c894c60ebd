// The SDK of Google for Gemini.
import { GoogleGenAI } from '@google/genai';
import { Gone } from './gone.mjs';

const open = (job) => new GoogleGenAI({ apiKey: 'none', httpOptions: { baseUrl: job.base } });

const configOf = (job) => ({
  abortSignal: (job.left = new AbortController()).signal, // to leave a loop over a stream does not end its connection
  systemInstruction: job.system, maxOutputTokens: job.maxTokens,
  ...(job.tools.length ? { tools: [{ functionDeclarations: job.tools.map((t) => ({ name: t.name, description: t.description, parametersJsonSchema: t.schema })) }] } : {}),
});

function turnOf(parts, usage) {
  return {
    text: parts.filter((p) => p.text && !p.thought).map((p) => p.text).join(''),
    calls: callsOf(parts).map((c) => ({ name: c.name, args: c.args })),
    usage: { input: usage.promptTokenCount, output: (usage.candidatesTokenCount ?? 0) + (usage.thoughtsTokenCount ?? 0) },
  };
}

const callsOf = (parts) => parts.filter((p) => p.functionCall).map((p) => p.functionCall);

const answers = (job, calls) => calls.map((c) => ({
  functionResponse: { ...(c.id ? { id: c.id } : {}), name: c.name, response: { output: job.results[c.name] } },
}));

// partsOf are those of all chunks, and the usage of the last.
async function partsOf(chunks, job) {
  const parts = [];
  let usage;
  for await (const chunk of chunks) {
    parts.push(...(chunk.candidates?.[0]?.content?.parts ?? []));
    if (job.leave) {
      job.left.abort();
      throw new Gone();
    }
    usage = chunk.usageMetadata ?? usage;
  }
  return { parts, usage };
}

// generate has a conversation whose history the program keeps.
const generate = (ask) => async (job, turns) => {
  const contents = [{ role: 'user', parts: [{ text: job.prompt }] }];
  for (;;) {
    const { parts, usage } = await partsOf(await ask(open(job).models, { model: job.model, contents, config: configOf(job) }), job);
    turns.push(turnOf(parts, usage));
    const calls = callsOf(parts);
    if (!calls.length) return;
    contents.push({ role: 'model', parts }, { role: 'user', parts: answers(job, calls) });
  }
};

// chat has a conversation whose history the SDK keeps.
const chat = (ask) => async (job, turns) => {
  const c = open(job).chats.create({ model: job.model, config: configOf(job) });
  let message = job.prompt;
  for (;;) {
    const { parts, usage } = await partsOf(await ask(c, { message }), job);
    turns.push(turnOf(parts, usage));
    const calls = callsOf(parts);
    if (!calls.length) return;
    message = answers(job, calls);
  }
};

export default {
  'generateContent': generate(async (models, params) => [await models.generateContent(params)]),
  'generateContent stream': generate((models, params) => models.generateContentStream(params)),
  'chat': chat(async (c, params) => [await c.sendMessage(params)]),
  'chat stream': chat((c, params) => c.sendMessageStream(params)),
};
