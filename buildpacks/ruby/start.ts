import type { FileView } from '../file-view.ts'
import type { Gems } from './gems.ts'

export interface RubyStart {
  readonly command: string
  readonly from: string
}

/** What serves the app, without a Procfile. */
export function rubyStart(view: FileView, gems: Gems): RubyStart | null {
  const rails = isRails(view, gems)
  const run = gems.used ? 'bundle exec ' : ''
  if (view.exists('config/puma.rb') && gems.names.has('puma'))
    return { command: 'bundle exec puma -C config/puma.rb', from: 'config/puma.rb' }
  if (rails)
    return {
      command: 'bin/rails server -b 0.0.0.0 -p $PORT -e ${RAILS_ENV:-production}',
      from: 'config/application.rb',
    }
  if (view.exists('config.ru')) {
    if (gems.names.has('puma'))
      return { command: 'bundle exec puma -b tcp://0.0.0.0:$PORT', from: 'config.ru' }
    return { command: `${run}rackup -o 0.0.0.0 -p $PORT`, from: 'config.ru' }
  }
  for (const file of ['app.rb', 'server.rb', 'main.rb'])
    if (view.exists(file)) return { command: `${run}ruby ${file}`, from: file }
  return null
}

export const isRails = (view: FileView, gems: Gems) =>
  view.exists('config/application.rb') && (gems.names.has('rails') || gems.names.has('railties'))
