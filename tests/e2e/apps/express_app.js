// A small shop, traced by the X-Ray SDK. Prints its port when it listens.
'use strict';
const AWSXRay = require('aws-xray-sdk');
const express = require('express');
const http = require('http');

// Every request is recorded; no sampling rules are asked for.
AWSXRay.middleware.disableCentralizedSampling();
AWSXRay.middleware.setSamplingRules({
  version: 2,
  rules: [],
  default: { fixed_target: 1000, rate: 1 },
});
AWSXRay.setContextMissingStrategy('IGNORE_ERROR');

const app = express();
app.use(AWSXRay.express.openSegment('node-shop'));

app.get('/cart', (request, response) => {
  AWSXRay.captureFunc('load-cart', (subsegment) => {
    subsegment.addAnnotation('tenant', 'blue');
    subsegment.addAnnotation('items', 3);
    subsegment.addAnnotation('vip', true);
    subsegment.addMetadata('cart', { skus: ['a', 'b'], big: 1e21 }, 'shop');
  });
  response.json({ ok: true });
});

app.get('/stock', (request, response, next) => {
  const traced = AWSXRay.captureHTTPs(http, true);
  const port = request.socket.localPort;
  traced.get({ host: '127.0.0.1', port, path: '/cart' }, (inner) => {
    inner.resume();
    inner.on('end', () => response.json({ ok: true }));
  }).on('error', next);
});

app.get('/missing', (request, response) => {
  response.status(404).json({ ok: false });
});

app.get('/broken', () => {
  throw new Error('the till is on fire');
});

app.use(AWSXRay.express.closeSegment());
app.use((error, request, response, next) => {
  response.status(500).json({ error: error.message });
});

const server = app.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ port: server.address().port }));
});
