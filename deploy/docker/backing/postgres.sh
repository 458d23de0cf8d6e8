# Makes the cluster at the first start; POSTGRES_PASSWORD is the superuser's.
set -eu
if [ ! -e /data/main ]; then
  rm -rf /data/draft /tmp/password
  (umask 077; printf %s "$POSTGRES_PASSWORD" >/tmp/password)
  initdb -D /data/draft --pwfile=/tmp/password -U postgres -A scram-sha-256 -E UTF8 --locale=C.UTF-8 >/dev/null
  rm /tmp/password
  echo 'host all all all scram-sha-256' >>/data/draft/pg_hba.conf
  mv /data/draft /data/main
fi
exec postgres -D /data/main -c listen_addresses="$HOST" -c port="$PORT" -c unix_socket_directories= -c max_connections=300 -c jit=off $OPTIONS
