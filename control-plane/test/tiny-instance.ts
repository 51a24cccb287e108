// A real process that speaks the real SDK and nothing else: what the fleet's tests run in place of Godot. It is
// ready at once and pings while it may; its argument says how it misbehaves. SIGTERM ends it, unless it is
// stubborn, or lingers after its own Shutdown.
import AgonesSDK from '@google-cloud/agones-sdk';

const behaviour = process.argv[2] ?? 'healthy';

if (behaviour === 'crash') process.exit(3);
if (behaviour === 'stubborn' || behaviour === 'lingers') process.on('SIGTERM', () => {});
console.log(`tiny instance ${process.pid}: ${behaviour}, records to ${process.env.OTHERWORLD_RECORD}`);

const sdk = new AgonesSDK();
await sdk.connect();
sdk.health(() => {});
await sdk.ready();
if (behaviour === 'mute') setInterval(() => {}, 1000);
else setInterval(() => sdk.health(() => {}), 50);
if (behaviour === 'leaves' || behaviour === 'lingers') setTimeout(() => sdk.shutdown(), 200);
