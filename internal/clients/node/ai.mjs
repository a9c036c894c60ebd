// The AI SDK, with its packages for each provider. It has the conversation by
// itself.
import { generateText, streamText, jsonSchema, isStepCount, tool } from 'ai';
import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogle } from '@ai-sdk/google';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { createXai } from '@ai-sdk/xai';
import { Gone } from './gone.mjs';

const optionsOf = (job, model) => ({
  model, instructions: job.system, prompt: job.prompt, maxOutputTokens: job.maxTokens, maxRetries: 0,
  tools: Object.fromEntries(job.tools.map((t) => [t.name, tool({
    description: t.description, inputSchema: jsonSchema(t.schema), execute: async () => job.results[t.name],
  })])),
  stopWhen: isStepCount(5),
});

const turnOf = ({ text, toolCalls, usage }) => ({
  text,
  calls: toolCalls.map((c) => ({ name: c.toolName, args: c.input })),
  // Some servers count reasoning beside completion_tokens, which the SDK does not expect.
  usage: { input: usage.inputTokens, output: usage.raw?.completion_tokens ? usage.raw.total_tokens - usage.inputTokens : usage.outputTokens },
});

const generate = (open) => async (job, turns) => {
  const result = await generateText(optionsOf(job, open(job)));
  turns.push(...result.steps.map(turnOf));
};

const stream = (open) => async (job, turns) => {
  let failed;
  const leave = new AbortController();
  const result = streamText({
    ...optionsOf(job, open(job)),
    abortSignal: leave.signal,
    onChunk: ({ chunk }) => { if (job.leave && chunk.type === 'text-delta') leave.abort(); },
    onError: ({ error }) => { failed = error; },
    onAbort: () => { failed = new Gone(); },
  });
  await result.consumeStream();
  if (failed) throw failed;
  turns.push(...(await result.steps).map(turnOf));
};

const at = (path) => (job) => ({ baseURL: job.base + path, apiKey: 'none' });
const v1 = at('/v1');
const models = {
  'openai chat': (job) => createOpenAI(v1(job)).chat(job.model),
  'openai responses': (job) => createOpenAI(v1(job))(job.model),
  'openai-compatible': (job) => createOpenAICompatible({ ...v1(job), name: 'some', includeUsage: true })(job.model),
  'xai': (job) => createXai(v1(job))(job.model),
  'anthropic': (job) => createAnthropic(v1(job))(job.model),
  'google': (job) => createGoogle(at('/v1beta')(job))(job.model),
};

export default Object.fromEntries(Object.entries(models).flatMap(([name, open]) => [
  [name, generate(open)],
  [`${name} stream`, stream(open)],
]));
