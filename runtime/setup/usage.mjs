/** What `npm start -- --help` prints; flags win over the environment. */
export const USAGE = `npm start [-- FLAGS]      set up what is missing, and serve; again and again, it goes on where it was
npm stop                  stop everything; npm start brings it back
npm run doctor            check the machine and the platform
npm run uninstall         remove the platform with all its apps (asks first)

  --home FOLDER           where everything is kept            SKYPANEL_HOME        /var/lib/skypanel
  --domain NAME           serve <app>.NAME to everybody       SKYPANEL_DOMAIN      this machine alone
  --panel-port N          API, git and dashboard              SKYPANEL_PANEL_PORT  8800
  --http-port N           apps over HTTP                      SKYPANEL_HTTP_PORT   8080, with a domain 80
  --https-port N          apps over HTTPS                     SKYPANEL_HTTPS_PORT  8443, with a domain 443
  --email ADDRESS         the first administrator             SKYPANEL_EMAIL       admin@skypanel.localhost
  --registry WHICH        auto (Consul) or embedded           SKYPANEL_REGISTRY    auto
  --driver WHICH          nspawn, lxc, or fake: nothing runs  SKYPANEL_DRIVER      nspawn
                          a database elsewhere                DATABASE_URL         a private cluster
                          s3://BUCKET?endpoint=URL, file://…  SKYPANEL_CACHE_URL   no cache besides the store
                          its access key, a file              SKYPANEL_CACHE_CREDENTIALS
                          further keys to trust in it         SKYPANEL_CACHE_TRUSTED_KEYS
                          Nix binary caches for flakes        SKYPANEL_FLAKE_CACHES  none
                          the keys that sign what they give   SKYPANEL_FLAKE_KEYS
  --detach                return when it serves
  --json                  one object with all addresses as the last line of stdout
  --no-sample             push no sample app on the first run
  --no-command            put no skypanel on PATH
  --allow-unlimited       start where the machine cannot limit memory and CPU
  --yes                   uninstall without a question
`
