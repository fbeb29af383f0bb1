// Takes a mention as JSON, stores nothing, and answers as Holdline does.
import fastify from 'fastify';

const app = fastify();
app.post('/in/listening', async () => ({ new: 1, known: 0 }));
await app.listen({ host: '127.0.0.1', port: Number(process.argv[2]) });
