const node = process.getBuiltinModule('node:http')

/**
 * What is used of node:http. To `import` it asks each of its members for its value, and some of them load
 * a WebSocket client when they are asked: that takes longer than all of a short command.
 */
export const { createServer, get, request, validateHeaderName, validateHeaderValue } = node
