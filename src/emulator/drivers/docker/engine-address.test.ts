import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { findEngine, parseEngineAddress } from './engine-address.ts'
import { fullReference, toPullReference } from './image-reference.ts'

describe('the address of an engine', () => {
  test.each([
    ['unix:///var/run/docker.sock', { type: 'Socket', path: '/var/run/docker.sock' }],
    ['unix:///a%20b/d.sock', { type: 'Socket', path: '/a b/d.sock' }],
    ['/run/podman/podman.sock', { type: 'Socket', path: '/run/podman/podman.sock' }],
    ['tcp://127.0.0.1:2376', { type: 'Tcp', host: '127.0.0.1', port: 2376 }],
    ['tcp://engine', { type: 'Tcp', host: 'engine', port: 2375 }],
    ['http://[::1]:99', { type: 'Tcp', host: '::1', port: 99 }],
  ])('%s', (text, address) => {
    expect(parseEngineAddress(text)).toMatchObject({ ok: true, address })
  })

  test.each(['ssh://me@host', 'https://host:1', 'unix://', 'docker.sock', 'tcp://', ''])(
    '%j is refused with the way out',
    (text) => {
      const found = parseEngineAddress(text)
      expect(found).toMatchObject({ ok: false })
      expect(found).toHaveProperty('message', expect.stringContaining('unix:///path/to/socket'))
    },
  )

  test('the first socket that is there; a file of that name is none', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'engine-'))
    const [file, socket] = [join(directory, 'file'), join(directory, 'socket')]
    writeFileSync(file, '')
    const server = createServer().listen(socket)
    await new Promise((resolve) => server.once('listening', resolve))
    expect(findEngine(undefined, [join(directory, 'no'), file, socket])).toMatchObject({
      ok: true,
      address: { path: socket },
    })
    server.close()
    rmSync(directory, { recursive: true })
  })

  test('none: the places that were looked at are named', () => {
    const found = findEngine(undefined, ['/nowhere/docker.sock'])
    expect(found).toHaveProperty('message', expect.stringContaining('/nowhere/docker.sock'))
    expect(found).toHaveProperty('message', expect.stringContaining('DOCKER_HOST'))
  })
})

describe('the name of an image', () => {
  test.each([
    ['nginx', 'nginx', 'latest', 'docker.io/library/nginx:latest'],
    ['nginx:1.27', 'nginx', '1.27', 'docker.io/library/nginx:1.27'],
    ['me/app', 'me/app', 'latest', 'docker.io/me/app:latest'],
    ['host:5000/a/b', 'host:5000/a/b', 'latest', 'host:5000/a/b:latest'],
    ['host:5000/a/b:2', 'host:5000/a/b', '2', 'host:5000/a/b:2'],
    ['localhost/a', 'localhost/a', 'latest', 'localhost/a:latest'],
    ['a.b/c@sha256:ff', 'a.b/c', 'sha256:ff', 'a.b/c@sha256:ff'],
    ['a.b/c:1@sha256:ff', 'a.b/c', 'sha256:ff', 'a.b/c@sha256:ff'],
  ])('%s', (image, fromImage, tag, full) => {
    expect(toPullReference(image)).toEqual({ fromImage, tag })
    expect(fullReference(image)).toBe(full)
  })
})
