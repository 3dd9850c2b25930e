import { readFile } from 'node:fs/promises'
import { parse } from 'yaml'

const values = new URL('../helm/values.yaml', import.meta.url)

/** A row for every value that has a `# --` comment. */
interface Row {
  /** Dotted. */
  readonly path: string
  readonly initial: unknown
  readonly description: string
}

/** The chart's README: how to install it, and every value as its comment in values.yaml says. */
export async function createHelmReadme(): Promise<string> {
  const rows = readRows(await readFile(values, 'utf8')).map(
    ({ path, initial, description }) =>
      `| \`${path}\` | \`${JSON.stringify(initial)}\` | ${description} |`
  )
  return `${INTRODUCTION}\n${['| value | default | meaning |', '|---|---|---|', ...rows].join('\n')}\n`
}

/** A comment ends at its key; a key's depth is its indentation, two spaces each, as values.yaml is written. */
function readRows(text: string): Row[] {
  const initialValues: unknown = parse(text)
  const rows: Row[] = []
  const parents: string[] = []
  let comment: string[] = []
  for (const line of text.split('\n')) {
    const [, indentation = '', said] = /^( *)# ?(.*)$/.exec(line) ?? []
    const [, depth = '', key] = /^( *)([A-Za-z]\w*):/.exec(line) ?? []
    if (said !== undefined && indentation !== undefined) comment.push(said)
    if (key === undefined) continue
    parents.splice(depth.length / 2, Number.POSITIVE_INFINITY, key)
    const [first = '', ...rest] = comment
    if (first.startsWith('-- ')) {
      const description = [first.slice('-- '.length), ...rest].join(' ')
      rows.push({ path: parents.join('.'), initial: valueAt(initialValues, parents), description })
    }
    comment = []
  }
  return rows
}

function valueAt(from: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<string, unknown>)[key], from)
}

const INTRODUCTION = `# The chart

The sidecar of AI Ops for Nautobot on Kubernetes 1.27 or newer, with Helm 3 or 4. Made from \`values.yaml\` by \`npm run openapi\`.

There is neither a published image nor a published chart: build the image where your cluster can pull it, and install from
this folder.
\`\`\`bash
docker build -t registry.example.com/nautobot-ai-ops:0.1.0 . && docker push registry.example.com/nautobot-ai-ops:0.1.0
kubectl create secret generic ai-ops-nautobot --from-literal=token="$NAUTOBOT_TOKEN"
kubectl create secret generic ai-ops-redis --from-literal=url="$REDIS_URL"
helm install ai-ops ./helm \\
  --set image.repository=registry.example.com/nautobot-ai-ops \\
  --set nautobot.url=https://nautobot.example.com \\
  --set nautobot.existingSecret=ai-ops-nautobot --set redis.existingSecret=ai-ops-redis
\`\`\`
To look at it without a Nautobot: \`--set environment=LAB\`. LAB has no login, and whoever reaches it asks at the expense of
the model's key, so keep it away from others.

- **Pods.** Redis keeps conversations and the answers under way, and carries the events of the Nautobot app, so any pod shows,
  stops and goes on with every answer. A pod that ends gives running answers \`drainSeconds\`, then hands them over; they go on
  elsewhere within seconds, and one whose pod is killed after 15. Without Redis (LAB) there is one pod, and its answers end with it.
- **A secret that changes** restarts nothing: \`kubectl rollout restart deployment/<name>\`.
- **A private certificate authority:** a config map with it, named in \`caBundle\`.
- **An ingress** demands \`trustedProxies\`. Answers are streams: it must not buffer them, nor cut them off before a run may end
  (\`AI_OPS_RUN_TIMEOUT_SECONDS\`). On Nautobot's own host, \`ingress.pathOnNautobot\` exposes the API and nothing else; it is
  written for ingress-nginx, which then takes the paths of all ingresses of that host for patterns.
- **Is it well?** \`helm test ai-ops\` waits until questions are taken. What keeps it from being well is named by
  \`kubectl exec deployment/<name> -- node src/doctor.js\`.
- **Monitoring:** \`metrics.*\` makes objects of the Prometheus operator and a config map for Grafana's sidecar, from
  [files/alerts.yaml](files/alerts.yaml) and [files/dashboard.json](files/dashboard.json); they also serve without the chart.
- **Examples:** [LAB](ci/lab-values.yaml), [one replica on Nautobot's host](ci/one-replica-values.yaml),
  [production](ci/production-values.yaml).
- **Variables** are in [docs/environment.md](../docs/environment.md); a name that the service does not know stops its start.
`
