#!/usr/bin/env node
// Written for old parsers: everything newer than this file may need Node 22, so the check comes first.
var MINIMUM = [22, 22]
var version = process.versions.node.split('.').map(Number)
var isNewEnough = version[0] > MINIMUM[0] || (version[0] === MINIMUM[0] && version[1] >= MINIMUM[1])

function fail(message) {
  process.stderr.write(message + '\n')
  process.exitCode = 1
}

if (!isNewEnough) {
  fail(
    'error: Capstan needs Node.js ' +
      MINIMUM.join('.') +
      ' or newer, and this is ' +
      process.versions.node +
      ': install a newer one, or let npm bring it: npx node@24 ' +
      process.argv.slice(1).join(' '),
  )
} else {
  import('../dist/cli.js').then(
    function (cli) {
      return cli.main()
    },
    function (error) {
      var isMissing = error.code === 'ERR_MODULE_NOT_FOUND' && /dist.cli\.js/.test(error.message)
      fail(isMissing ? 'error: Capstan is not built yet: run npm run build' : String(error.stack))
    },
  )
}
