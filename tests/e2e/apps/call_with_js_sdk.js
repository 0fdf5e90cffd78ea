// Calls X-Ray with the AWS SDK for JavaScript. Reads lines of JSON
//   {"operation": "GetGroup", "input": {...}, "paginate": false}
// and writes one line for each: {"output"}, {"pages"} or {"error"}.
// Times are {"$time": SECONDS} in input, and seconds in output.
//   node call_with_js_sdk.js ENDPOINT
// Credentials, region and attempts come from the environment.
'use strict';
const readline = require('readline');
const xray = require('@aws-sdk/client-xray');

Date.prototype.toJSON = function toJSON() {
  return this.getTime() / 1000;
};

// As JSON shows it, without what the SDK adds.
function plain({ $metadata, ...output }) {
  return output;
}

function isOfModel(error) {
  const type = xray[error.name];
  return typeof type === 'function' && error instanceof type;
}

async function call(client, { operation, input, paginate }) {
  try {
    if (paginate) {
      const pager = xray[`paginate${operation}`];
      if (!pager) return { missing: true };
      const pages = [];
      for await (const page of pager({ client }, input)) pages.push(plain(page));
      return { pages };
    }
    const Command = xray[`${operation}Command`];
    if (!Command) return { missing: true };
    return { output: plain(await client.send(new Command(input))) };
  } catch (error) {
    return {
      error: {
        name: error.name,
        message: error.message,
        resource: error.ResourceName ?? null,
        status: error.$metadata?.httpStatusCode ?? null,
        attempts: error.$metadata?.attempts ?? null,
        isModelled: isOfModel(error),
      },
    };
  }
}

async function main() {
  const client = new xray.XRayClient({ endpoint: process.argv[2] });
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const asked = JSON.parse(line, (key, value) =>
      value !== null && typeof value === 'object' && '$time' in value
        ? new Date(value.$time * 1000)
        : value);
    process.stdout.write(`${JSON.stringify(await call(client, asked))}\n`);
  }
  client.destroy();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
