// A Bluesky PDS beside a PLC directory that is kept in memory, both on 127.0.0.1 alone.
//   PLC_PORT=.. PDS_PORT=.. DATA=DIR node pds.mjs
import { mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import net from 'node:net'

const { env } = process
const { DATA, PLC_PORT, PDS_PORT } = env
mkdirSync(`${DATA}/blobs`, { recursive: true })

// Neither server has a setting for the address that it listens at.
const listen = net.Server.prototype.listen
net.Server.prototype.listen = function (...args) {
  if (typeof args[0] === 'number') {
    args.splice(1, typeof args[1] === 'string' ? 1 : 0, '127.0.0.1')
  } else if (args[0]?.port !== undefined) {
    args[0].host = '127.0.0.1'
  }
  return listen.apply(this, args)
}

const plc = createRequire(import.meta.url)('@did-plc/server')
const db = plc.Database?.mock ? plc.Database.mock() : new plc.MockDatabase()
const directory = plc.PlcServer.create({ db, port: Number(PLC_PORT) })
await directory.start()

Object.assign(env, {
  LOG_ENABLED: 'false',
  PDS_ADMIN_PASSWORD: 'admin',
  PDS_BLOBSTORE_DISK_LOCATION: `${DATA}/blobs`,
  PDS_DATA_DIRECTORY: DATA,
  PDS_DEV_MODE: 'true',
  PDS_DID_PLC_URL: `http://localhost:${PLC_PORT}`,
  PDS_DISABLE_SSRF_PROTECTION: 'true',
  PDS_HOSTNAME: 'localhost',
  PDS_INVITE_REQUIRED: 'false',
  PDS_JWT_SECRET: 'a secret of the tests',
  PDS_PLC_ROTATION_KEY_K256_PRIVATE_KEY_HEX: '1'.repeat(64),
  PDS_RATE_LIMITS_ENABLED: 'false',
  PDS_SERVICE_HANDLE_DOMAINS: '.test',
})
const { PDS, envToCfg, envToSecrets, readEnv } = await import('@atproto/pds')
const read = readEnv()
const pds = await PDS.create(envToCfg(read), envToSecrets(read))
await pds.start()
console.log('pds ready')
process.on('SIGTERM', () => process.exit(0))
