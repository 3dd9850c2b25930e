// Run while the image is built: what of others is in it, as a list (CycloneDX) and as the text of their terms.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { installedPackages, isAllowed, licencesText, shippedPackages } from './licences.ts'
import { type Bom, keepComponents } from './sbom.ts'

const MAX_BOM_BYTES = 32 * 1024 * 1024

const [folder = 'dist'] = process.argv.slice(2)
const shipped = shippedPackages(JSON.parse(readFileSync('package-lock.json', 'utf8')))
const packages = installedPackages('node_modules').filter(({ name, version }) =>
  shipped.has(`${name}@${version}`)
)
const refused = packages.filter(({ licence }) => !isAllowed(licence))
for (const { name, version, licence } of refused) {
  process.stderr.write(`${name} ${version} has terms that are not allowed: ${licence}.\n`)
}
const list = execFileSync('npm', ['sbom', '--package-lock-only', '--sbom-format=cyclonedx'], {
  encoding: 'utf8',
  maxBuffer: MAX_BOM_BYTES
})
const bom = keepComponents(JSON.parse(list) as Bom, shipped)
writeFileSync(join(folder, 'sbom.cdx.json'), `${JSON.stringify(bom, null, 2)}\n`)
writeFileSync(join(folder, 'THIRD-PARTY-LICENCES.txt'), licencesText(packages))
process.stdout.write(`Terms of ${packages.length} packages, ${bom.components.length} listed.\n`)
process.exitCode = refused.length > 0 ? 1 : 0
