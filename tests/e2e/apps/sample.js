// Decides with a sampler that asks the server, at a steady rate; what it
// prints is as sample.py's.
//   node sample.js xray|opentelemetry ENDPOINT SECONDS PER_SECOND PATH...
'use strict';
const crypto = require('crypto');

function xraySdk() {
  const sampler = require(
    'aws-xray-sdk-core/dist/lib/middleware/sampling/default_sampler');
  return (path) => Boolean(sampler.shouldSample({
    host: 'shop.local',
    httpMethod: 'GET',
    serviceName: 'shop',
    urlPath: path,
  }));
}

function openTelemetry(endpoint) {
  const { AWSXRayRemoteSampler } = require('@opentelemetry/sampler-aws-xray');
  const { ROOT_CONTEXT, SpanKind } = require('@opentelemetry/api');
  const { resourceFromAttributes } = require('@opentelemetry/resources');
  const sampler = new AWSXRayRemoteSampler({
    resource: resourceFromAttributes({ 'service.name': 'shop' }),
    endpoint,
    pollingInterval: 300,
  });
  return (path) => {
    const id = crypto.randomBytes(16).toString('hex');
    const attributes = {
      'http.request.method': 'GET',
      'server.address': 'shop.local',
      'url.path': path,
    };
    return sampler.shouldSample(
      ROOT_CONTEXT, id, 'GET', SpanKind.SERVER, attributes, []).decision !== 0;
  };
}

const [kind, endpoint, secondsText, rateText, ...paths] =
  process.argv.slice(2);
const seconds = Number(secondsText);
const rate = Number(rateText);
const decide = kind === 'xray' ? xraySdk() : openTelemetry(endpoint);
const counts = {};
for (const path of paths) {
  counts[path] = Array.from({ length: seconds + 1 }, () => [0, 0]);
}
const begin = performance.now();
let done = 0;

function tick() {
  const second = (performance.now() - begin) / 1000;
  for (; done < Math.min(second, seconds) * rate; ++done) {
    const path = paths[done % paths.length];
    const at = counts[path][Math.min(Math.floor(second), seconds)];
    at[0] += 1;
    at[1] += decide(path) ? 1 : 0;
  }
  if (second < seconds) return;
  console.log(JSON.stringify(counts));
  process.exit(0);
}

decide(paths[0]);
console.log(JSON.stringify({ started: true }));
setInterval(tick, 5);
