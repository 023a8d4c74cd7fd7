// Reserves stock and places an order from the reservation, over gRPC.
//
//   node reserve-and-place.mjs HOST:PORT CHANNEL LOCATION SKU QUANTITY
//
// The API key is taken from HOLDFAST_API_KEY; HOLDFAST_CA names the file of the issuers to trust, which switches TLS on.
// The stubs are made from Protos/ when the program starts; see docs/clients/node.md.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';

const protos = process.env.HOLDFAST_PROTOS ?? fileURLToPath(new URL('../../Protos', import.meta.url));
// int64 as text: a JavaScript number is exact only up to 2^53.
const options = { includeDirs: [protos], longs: String, enums: String, defaults: true, keepCase: true };
const definition = loader.loadSync(
  ['holdfast/v1/reservation.proto', 'holdfast/v1/order.proto', 'holdfast/v1/shortage.proto',
   'google/rpc/status.proto', 'google/rpc/error_details.proto'], options);
const { holdfast } = grpc.loadPackageDefinition(definition);

const [address, channel, location, sku, quantity] = process.argv.slice(2);
const credentials = process.env.HOLDFAST_CA
  ? grpc.credentials.createSsl(readFileSync(process.env.HOLDFAST_CA))
  : grpc.credentials.createInsecure();
const reservations = new holdfast.v1.ReservationService(address, credentials);
const orders = new holdfast.v1.OrderService(address, credentials);

function metadata() {
  const fields = new grpc.Metadata();
  if (process.env.HOLDFAST_API_KEY) fields.set('authorization', `Bearer ${process.env.HOLDFAST_API_KEY}`);
  return fields;
}

function once(client, method, request) {
  return new Promise((resolve, reject) => {
    client[method](request, metadata(), { deadline: Date.now() + 5000 }, (error, answer) =>
      error ? reject(error) : resolve(answer));
  });
}

// Repeats the same request, and so the same id, where the outcome is not known.
async function call(client, method, request) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await once(client, method, request);
    } catch (error) {
      const unknown = [grpc.status.UNAVAILABLE, grpc.status.DEADLINE_EXCEEDED].includes(error.code);
      if (!unknown || attempt === 4) throw error;
      await pause(100 * 2 ** attempt);
    }
  }
}

// The typed details of a refusal, by the name of their type.
function* details(error) {
  for (const bytes of error.metadata?.get('grpc-status-details-bin') ?? []) {
    for (const any of definition['google.rpc.Status'].deserialize(bytes).details) {
      const name = any.type_url.split('/').pop();
      if (definition[name]) yield [name, definition[name].deserialize(any.value)];
    }
  }
}

try {
  const { reservation } = await call(reservations, 'Reserve', {
    reservation_id: randomUUID(), channel, lines: [{ sku, location, quantity }], ttl: { seconds: 600 },
  });
  console.log(`reserved: ${reservation.reservation_id}`);
  const id = randomUUID();
  const placed = await call(orders, 'PlaceOrder', {
    order_id: id, external_id: id, channel, reservation_id: reservation.reservation_id,
    lines: [{ sku, location, quantity, unit_price: { currency_code: 'GBP', units: 4, nanos: 950000000 } }],
  });
  console.log(`placed: ${placed.order_id}, ${placed.total.amount_minor} minor units of ${placed.total.currency_code}`);
} catch (error) {
  console.log(`refused: ${grpc.status[error.code]}: ${error.details}`);
  for (const [name, detail] of details(error)) console.log(' ', name, JSON.stringify(detail));
  process.exitCode = 4;
}
