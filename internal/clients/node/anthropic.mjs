// The SDK of Anthropic.
import Anthropic from '@anthropic-ai/sdk';
import { Gone } from './gone.mjs';

const open = (job) => new Anthropic({ baseURL: job.base, apiKey: 'none', maxRetries: 0 });

function turnOf(message) {
  const u = message.usage;
  return {
    text: message.content.filter((b) => b.type === 'text').map((b) => b.text).join(''),
    calls: message.content.filter((b) => b.type === 'tool_use').map((b) => ({ name: b.name, args: b.input })),
    usage: { input: u.input_tokens + (u.cache_read_input_tokens ?? 0) + (u.cache_creation_input_tokens ?? 0), output: u.output_tokens },
  };
}

const bodyOf = (job) => ({
  model: job.model, max_tokens: job.maxTokens, system: job.system,
  messages: [{ role: 'user', content: job.prompt }],
  ...(job.tools.length ? { tools: job.tools.map((t) => ({ name: t.name, description: t.description, input_schema: t.schema })) } : {}),
});

// converse has a conversation in which ask is a way to get one answer.
const converse = (ask) => async (job, turns) => {
  const body = bodyOf(job);
  for (;;) {
    const message = await ask(open(job), body, job);
    turns.push(turnOf(message));
    const calls = message.content.filter((b) => b.type === 'tool_use');
    if (!calls.length) return;
    body.messages.push(
      { role: 'assistant', content: message.content },
      { role: 'user', content: calls.map((c) => ({ type: 'tool_result', tool_use_id: c.id, content: job.results[c.name] })) },
    );
  }
};

// collect puts the events of a stream together, as programs do that use no
// helper.
async function collect(client, body, job) {
  let message;
  const args = [];
  for await (const event of await client.messages.create({ ...body, stream: true })) {
    const block = message?.content[event.index];
    switch (event.type) {
      case 'message_start': message = event.message; break;
      case 'content_block_start': message.content[event.index] = event.content_block; args[event.index] = ''; break;
      case 'content_block_delta':
        if (event.delta.type === 'text_delta') block.text += event.delta.text;
        if (event.delta.type === 'text_delta' && job.leave) throw new Gone();
        if (event.delta.type === 'input_json_delta') args[event.index] += event.delta.partial_json;
        break;
      case 'content_block_stop':
        if (block.type === 'tool_use') block.input = JSON.parse(args[event.index] || '{}');
        break;
      case 'message_delta': Object.assign(message.usage, event.usage); break;
    }
  }
  return message;
}

// runner leaves the conversation to the SDK.
async function runner(job, turns, stream) {
  const body = bodyOf(job);
  const tools = (body.tools ?? []).map((t) => ({ ...t, run: () => job.results[t.name], parse: (input) => input }));
  for await (const m of open(job).beta.messages.toolRunner({ ...body, tools, stream })) {
    turns.push(turnOf(stream ? await m.finalMessage() : m));
  }
}

export default {
  'create': converse((client, body) => client.messages.create(body)),
  'stream': converse(collect),
  'helper stream': converse((client, body) => client.messages.stream(body).finalMessage()),
  'toolRunner': (job, turns) => runner(job, turns, false),
  'toolRunner stream': (job, turns) => runner(job, turns, true),
};
