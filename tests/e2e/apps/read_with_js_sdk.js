// Reads traces and summaries with the AWS SDK for JavaScript; prints JSON.
//   node read_with_js_sdk.js ENDPOINT START_MS END_MS ID...
'use strict';
const {
  XRayClient,
  BatchGetTracesCommand,
  PutTraceSegmentsCommand,
  paginateGetTraceSummaries,
} = require('@aws-sdk/client-xray');

async function main() {
  const [endpoint, start, end, ...ids] = process.argv.slice(2);
  const client = new XRayClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
  const traces = await client.send(new BatchGetTracesCommand({ TraceIds: ids }));
  const summaries = [];
  const pages = paginateGetTraceSummaries({ client }, {
    StartTime: new Date(Number(start)),
    EndTime: new Date(Number(end)),
  });
  for await (const page of pages) summaries.push(...page.TraceSummaries);
  const put = await client.send(new PutTraceSegmentsCommand({
    TraceSegmentDocuments: ['{}'],
  }));
  let refusal = null;
  try {
    await client.send(new BatchGetTracesCommand({
      TraceIds: Array(6).fill('1-00000000-000000000000000000000000'),
    }));
  } catch (error) {
    refusal = {
      name: error.name,
      message: error.message,
      status: error.$metadata.httpStatusCode,
      hasRequestId: Boolean(error.$metadata.requestId),
    };
  }
  console.log(JSON.stringify({
    traces: traces.Traces,
    summaries,
    startsAreDates: summaries.every((s) => s.StartTime instanceof Date),
    unprocessed: put.UnprocessedTraceSegments,
    refusal,
  }));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
