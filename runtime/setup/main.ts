import { doctor } from '../doctor/doctor.ts'
import { parseOptions, UsageError, type Options } from './options.ts'
import { createReporter, type Reporter } from './reporter.ts'
import { loadContext } from './setup-context.ts'
import { startPlatform, stayInForeground } from './start.ts'
import { stopPlatform } from './stop.ts'
import { uninstall } from './uninstall.ts'

async function run(options: Options, reporter: Reporter): Promise<number> {
  const context = await loadContext(options, process.env, (text) => reporter.warn(text))
  const made = context.installation !== null && context.version !== null
  switch (options.verb) {
    case 'start':
      if (!(await startPlatform(context, reporter))) return 1
      if (!options.detach) await stayInForeground(context, reporter)
      return 0
    case 'stop':
      if (!made) reporter.line(`There is no installation in ${options.home}; nothing to stop.`)
      else {
        await stopPlatform(context, reporter)
        reporter.line('Everything is stopped. npm start brings it back.')
      }
      return 0
    case 'doctor':
      return await doctor(context, options.json)
    case 'uninstall':
      return await uninstall(context, reporter)
  }
}

const reporter = createReporter(process.stderr.isTTY === true)
try {
  process.exitCode = await run(parseOptions(process.argv.slice(2), process.env), reporter)
} catch (error) {
  reporter.close()
  const message = error instanceof Error ? error.message : String(error)
  reporter.line(`\n✘ ${message}`)
  if (error instanceof UsageError) reporter.line('\nAll flags: npm start -- --help')
  process.exitCode = error instanceof UsageError ? 2 : 1
}
