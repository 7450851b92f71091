const node = process.getBuiltinModule('node:http')

/**
 * The parts of node:http that Capstan uses. An `import` of node:http reads each of its members, and some of
 * them load a WebSocket client: that alone takes longer than a short command.
 */
export const { createServer, get, request, validateHeaderName, validateHeaderValue } = node
