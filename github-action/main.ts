import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { isLoopback } from '../cli/loopback.ts'
import {
  type Environment,
  environment,
  environmentForGit,
  type Inputs,
  readInputs,
  readRunner,
  tokenOf,
} from './config.ts'
import { deploy } from './deploy.ts'
import { destroyApp } from './destroy-app.ts'
import { Api } from './platform/api.ts'
import { explain } from './platform/explain.ts'
import { PAUSES } from './platform/patience.ts'
import { Rejection } from './push-source.ts'
import { Runner } from './runner/runner.ts'
import type { Step } from './step.ts'
import { deployedSummary, destroyedSummary, failedSummary } from './summary.ts'

/** One run of the action; returns the exit code. */
async function main(env: Environment): Promise<number> {
  const runner = new Runner(readRunner(env, process.cwd(), tmpdir()), (text) => process.stdout.write(text))
  runner.mask(tokenOf(env))
  let inputs: Inputs | null = null
  try {
    inputs = readInputs(env)
    await work(stepOf(inputs, runner, env))
    return 0
  } catch (error) {
    const failure = explain(error, inputs?.app ?? '', inputs?.origin ?? '')
    const rejection = failure instanceof Rejection ? failure : null
    for (const { message, place } of rejection?.placed ?? [])
      runner.annotate('error', 'Build error', message, place)
    runner.annotate('error', failure.title, failure.text)
    runner.summary(failedSummary(inputs?.app ?? '', failure.title, failure.text, rejection?.printed ?? []))
    return 1
  }
}

function stepOf(inputs: Inputs, runner: Runner, env: Environment): Step {
  const time = { now: () => Date.now(), sleep: (seconds: number) => sleep(seconds * 1000) }
  const patience = {
    pauses: PAUSES,
    sleep: time.sleep,
    waiting: (reason: string, seconds: number) =>
      runner.say(`${inputs.origin} is away (${reason}); asking again in ${seconds} s`),
  }
  const api = new Api(inputs.origin, inputs.token, patience)
  return { inputs, runner, api, patience, env: environmentForGit(env), time, stopToken: randomUUID }
}

async function work(step: Step): Promise<void> {
  const { inputs, runner } = step
  const { protocol, hostname } = new URL(inputs.origin)
  if (protocol === 'http:' && !isLoopback(hostname)) {
    runner.annotate(
      'warning',
      'Not encrypted',
      `${inputs.origin} is asked without TLS: whoever is on the way can read the token. Use https.`,
    )
  }
  if (inputs.destroy) {
    const was = await destroyApp(step)
    runner.say(was ? `${inputs.app} is destroyed` : `There is no ${inputs.app}; nothing to destroy`)
    runner.summary(destroyedSummary(inputs.app, was))
    return
  }
  const deployed = await deploy(step)
  runner.output('release', String(deployed.release))
  runner.output('url', deployed.url)
  runner.output('commit', deployed.commit)
  runner.say(
    deployed.already
      ? `Nothing to deploy: ${deployed.commit.slice(0, 8)} is live already, as v${deployed.release} at ${deployed.url}`
      : `Released v${deployed.release} at ${deployed.url}`,
  )
  runner.summary(deployedSummary(deployed))
}

process.exitCode = await main(environment)
