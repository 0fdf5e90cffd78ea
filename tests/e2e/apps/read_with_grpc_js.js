// Reads one trace with @grpc/grpc-js from the .proto files; prints JSON.
//   node read_with_grpc_js.js ADDRESS PROTO_FOLDER ID
'use strict';
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const [address, folder, id] = process.argv.slice(2);
const definition = loader.loadSync('roentgen/v1/trace_service.proto', {
  includeDirs: [folder],
  keepCase: true,
  longs: Number,
});
const { TraceService } = grpc.loadPackageDefinition(definition).roentgen.v1;
const client = new TraceService(address, grpc.credentials.createInsecure());
const documents = [];
const stream = client.StreamTraces({ trace_ids: [id] });
stream.on('data', (chunk) => {
  for (const s of chunk.segments) documents.push(s.document.toString('utf8'));
});
stream.on('error', (error) => {
  console.error(error);
  process.exit(1);
});
stream.on('end', () => {
  console.log(JSON.stringify(documents));
  client.close();
});
