import type {
  ContainerEngineEnvironment,
  Environment,
  TaskDriverName,
  UpOptions,
} from '../config.ts'
import type { Clock } from '../lib/clock.ts'
import type { Random } from '../lib/random.ts'
import type { ApiClient } from './client.ts'
import type { Options } from './options.ts'
import type { Terminal } from './terminal.ts'

/** Everything that a command may touch, handed in by the composition root (cli.ts). */
export interface CliContext {
  readonly environment: Environment
  /** Results. */
  readonly stdout: Terminal
  /** Progress, warnings, problems and logs. */
  readonly stderr: Terminal
  readonly clock: Clock
  readonly random: Random
  readStdin(): Promise<string>
  /** A client for the controller that the flags and the environment name. Connects at the first request. */
  connect(options: Options): Promise<Connection>
  readonly programs: Programs
}

export interface Connection {
  readonly client: ApiClient
  /** `--namespace`, else the kubeconfig context's, else `default`. */
  readonly namespace: string
}

/** Long-running programs that live in other layers; loaded only when started. */
export interface Programs {
  /** Runs the controller until it is done or told to stop; resolves with the exit code. */
  runController(options: UpOptions): Promise<number>
  /** Copies the database of a data directory that no controller has open. Returns where it was. */
  backUpOffline(dataDir: string, target: string): Promise<string>
  /** Serves the ECS-compatible endpoint until SIGINT or SIGTERM; calls `onReady` with its URL. */
  serveEmulator(options: EmulatorOptions, onReady: (url: string) => void): Promise<number>
  /** The YAML that kustomize makes of a folder. */
  buildKustomization(directory: string): Promise<string>
  /** Opens the user's editor on a file and resolves with its exit code. */
  openEditor(file: string): Promise<number>
}

export interface EmulatorOptions {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  readonly taskEnvironment: Readonly<Record<string, string>>
  /** Where tasks run that name no folder of this machine. */
  readonly cwd: string
  readonly driver: TaskDriverName
  readonly containerEngine: ContainerEngineEnvironment
  /** A fault plan, or the absolute path of one. */
  readonly faults: string | undefined
}
