// The SDK of OpenAI: Chat Completions and Responses.
import OpenAI from 'openai';
import { Gone } from './gone.mjs';

const open = (job) => new OpenAI({ baseURL: `${job.base}/v1`, apiKey: 'none', maxRetries: 0 });

const chatTools = (job) => job.tools.map((t) => ({
  type: 'function',
  function: { name: t.name, description: t.description, parameters: t.schema },
}));

function chatTurn(message, usage) {
  return {
    text: message.content ?? '',
    calls: (message.tool_calls ?? []).map((c) => ({ name: c.function.name, args: JSON.parse(c.function.arguments) })),
    // Some count reasoning in completion_tokens, and others beside it.
    usage: { input: usage.prompt_tokens, output: usage.total_tokens - usage.prompt_tokens },
  };
}

// chat has a conversation in which complete is a way to get one answer.
const chat = (complete) => async (job, turns) => {
  const messages = [{ role: 'system', content: job.system }, { role: 'user', content: job.prompt }];
  const tools = job.tools.length ? { tools: chatTools(job) } : {};
  for (;;) {
    const { message, usage } = await complete(open(job), { model: job.model, messages, max_completion_tokens: job.maxTokens, ...tools }, job);
    turns.push(chatTurn(message, usage));
    if (!message.tool_calls?.length) return;
    messages.push(message);
    for (const c of message.tool_calls) {
      messages.push({ role: 'tool', tool_call_id: c.id, content: job.results[c.function.name] });
    }
  }
};

const first = (completion) => ({ message: completion.choices[0].message, usage: completion.usage });

// collect puts the chunks of a stream together, as programs do that use no
// helper.
async function collect(client, body, job) {
  const stream = await client.chat.completions.create({ ...body, stream: true, stream_options: { include_usage: true } });
  const message = { role: 'assistant', content: null };
  let usage;
  for await (const chunk of stream) {
    usage = chunk.usage ?? usage;
    const delta = chunk.choices[0]?.delta;
    if (delta?.content) {
      if (job.leave) throw new Gone();
      message.content = (message.content ?? '') + delta.content;
    }
    for (const c of delta?.tool_calls ?? []) {
      message.tool_calls ??= [];
      const call = message.tool_calls[c.index] ??= { id: c.id, type: 'function', function: { name: c.function.name, arguments: '' } };
      call.function.arguments += c.function?.arguments ?? '';
    }
  }
  return { message, usage };
}

// runTools leaves the conversation to the SDK.
async function runTools(job, turns, stream) {
  const tools = chatTools(job).map((t) => ({
    type: 'function',
    function: { ...t.function, parse: JSON.parse, function: () => job.results[t.function.name] },
  }));
  const runner = open(job).chat.completions.runTools({
    model: job.model, tools, stream,
    messages: [{ role: 'system', content: job.system }, { role: 'user', content: job.prompt }],
    ...(stream ? { stream_options: { include_usage: true } } : {}),
  });
  await runner.done();
  for (const c of runner.allChatCompletions()) turns.push(chatTurn(c.choices[0].message, c.usage));
}

const callsOf = (response) => response.output.filter((o) => o.type === 'function_call');

const responseTurn = (r) => ({
  text: r.output_text,
  calls: callsOf(r).map((c) => ({ name: c.name, args: JSON.parse(c.arguments) })),
  usage: { input: r.usage.input_tokens, output: r.usage.output_tokens },
});

const respond = (get) => async (job, turns) => {
  const input = [{ role: 'user', content: job.prompt }];
  const tools = job.tools.map((t) => ({ type: 'function', name: t.name, description: t.description, parameters: t.schema, strict: false }));
  for (;;) {
    const r = await get(open(job), { model: job.model, instructions: job.system, input, max_output_tokens: job.maxTokens, ...(tools.length ? { tools } : {}) }, job);
    turns.push(responseTurn(r));
    const calls = callsOf(r);
    if (!calls.length) return;
    input.push(...r.output, ...calls.map((c) => ({ type: 'function_call_output', call_id: c.call_id, output: job.results[c.name] })));
  }
};

// goOn leaves it to the API to keep the conversation.
async function goOn(job, turns) {
  let body = { model: job.model, instructions: job.system, input: job.prompt };
  const tools = job.tools.map((t) => ({ type: 'function', name: t.name, description: t.description, parameters: t.schema, strict: null }));
  for (;;) {
    const r = await open(job).responses.create({ ...body, tools });
    turns.push(responseTurn(r));
    const calls = callsOf(r);
    if (!calls.length) return;
    const input = calls.map((c) => ({ type: 'function_call_output', call_id: c.call_id, output: job.results[c.name] }));
    body = { model: job.model, previous_response_id: r.id, input };
  }
}

// lastOf is the response that the last event of a stream has.
async function lastOf(stream, job) {
  let response;
  let text = '';
  for await (const event of stream) {
    if (event.type === 'response.output_text.delta') {
      text += event.delta;
      if (job.leave) throw new Gone();
    }
    response = event.response ?? response;
  }
  return { ...response, output_text: text };
}

export default {
  'chat': chat(async (client, body) => first(await client.chat.completions.create(body))),
  'chat stream': chat(collect),
  'chat helper stream': chat(async (client, body) => first(await client.chat.completions
    .stream({ ...body, stream_options: { include_usage: true } }).finalChatCompletion())),
  'chat runTools': (job, turns) => runTools(job, turns, false),
  'chat runTools stream': (job, turns) => runTools(job, turns, true),
  'responses': respond((client, body) => client.responses.create(body)),
  'responses previous': goOn,
  'responses stream': respond(async (client, body, job) => lastOf(await client.responses.create({ ...body, stream: true }), job)),
  'responses helper stream': respond((client, body) => client.responses.stream(body).finalResponse()),
};
