export function runManifest(name: string, image = 'busybox'): string {
  return `apiVersion: capstan.dev/v1
kind: Run
metadata: {name: ${name}, labels: {app: ${name}}}
spec: {template: {image: ${image}, env: {GREETING: hello, UNSET: null}}}
`
}

export const DEPLOYMENT = `apiVersion: capstan.dev/v1
kind: Deployment
metadata: {name: etl}
spec:
  parameterSchema: {properties: {day: {type: string}}}
  template: {image: busybox}
`
