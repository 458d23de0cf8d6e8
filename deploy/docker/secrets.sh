# Secrets that are files, as Compose mounts them, become environment, as the chart gives them: /run/secrets/DATABASE_URL is the variable
# of that name. In /run/made lies what was made by another container (deploy/docker/backing/prepare.py).
for file in /run/secrets/* /run/made/*; do
  [ ! -f "$file" ] || export "${file##*/}=$(cat "$file")"
done
