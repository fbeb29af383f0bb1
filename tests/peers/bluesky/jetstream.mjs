// A bridge in the shape of Jetstream: the firehose of a PDS (com.atproto.sync.subscribeRepos, CBOR and CAR) as JSON events.
// Heeds wantedCollections and cursor, and keeps every event.
//   PDS_PORT=.. JET_PORT=.. node jetstream.mjs
import { createRequire } from 'node:module'
import WebSocket, { WebSocketServer } from 'ws'

const { PDS_PORT, JET_PORT } = process.env
const ofPds = createRequire(createRequire(import.meta.url).resolve('@atproto/pds'))
const { cborDecodeMulti } = ofPds('@atproto/common')
const { readCar, cborToLexRecord } = ofPds('@atproto/repo')

const events = []
const wants = (url, event) => {
  const wanted = url.searchParams.getAll('wantedCollections')
  return event.kind !== 'commit' || wanted.length === 0 || wanted.includes(event.commit.collection)
}
const server = new WebSocketServer({ host: '127.0.0.1', port: Number(JET_PORT), path: '/subscribe' })
server.on('connection', (socket, request) => {
  socket.url_ = new URL(request.url, 'ws://x')
  const cursor = socket.url_.searchParams.get('cursor')
  const replayed = cursor === null ? [] : events.filter((event) => event.time_us >= Number(cursor))
  for (const event of replayed) if (wants(socket.url_, event)) socket.send(JSON.stringify(event))
})

let last = 0
const emit = (event) => {
  last = Math.max(last + 1, Date.now() * 1000)
  event.time_us = last
  events.push(event)
  for (const socket of server.clients) if (socket.url_ && wants(socket.url_, event)) socket.send(JSON.stringify(event))
}
const bridge = async (bytes) => {
  const [header, body] = cborDecodeMulti(new Uint8Array(bytes))
  if (header.t === '#identity') {
    emit({ did: body.did, kind: 'identity', identity: { did: body.did, handle: body.handle, seq: body.seq, time: body.time } })
  } else if (header.t === '#account') {
    emit({ did: body.did, kind: 'account', account: { active: body.active, did: body.did, seq: body.seq, time: body.time } })
  } else if (header.t === '#commit') {
    const { blocks } = await readCar(body.blocks)
    for (const op of body.ops) {
      const [collection, rkey] = op.path.split('/')
      const commit = { rev: body.rev, operation: op.action, collection, rkey }
      if (op.cid) {
        commit.record = JSON.parse(JSON.stringify(cborToLexRecord(blocks.get(op.cid))))
        commit.cid = op.cid.toString()
      }
      emit({ did: body.repo, kind: 'commit', commit })
    }
  }
}
const firehose = new WebSocket(`ws://127.0.0.1:${PDS_PORT}/xrpc/com.atproto.sync.subscribeRepos?cursor=0`)
firehose.on('open', () => console.log('jetstream ready'))
let turn = Promise.resolve()
firehose.on('message', (bytes) => {
  turn = turn.then(() => bridge(bytes)).catch((error) => console.error(error))
})
process.on('SIGTERM', () => process.exit(0))
