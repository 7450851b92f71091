import type { Client } from './client.ts'
import { kubectlClients } from './kubectl-client.ts'
import { nodeClients } from './node-client.ts'
import { pythonClient } from './python-client.ts'

/** Every client that is asked, the missing ones too. */
export function allClients(): readonly Client[] {
  return [...kubectlClients(), ...nodeClients(), pythonClient()]
}
