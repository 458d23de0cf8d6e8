# Ceph's radosgw with one monitor and one disk file, in the order of libs/stack/src/stack/ceph.py and with its configuration; AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are its user's.
set -eu
cd /data
[ -e fsid ] || cat /proc/sys/kernel/random/uuid >fsid
sed -e "s|@fsid@|$(cat fsid)|; s|@folder@|/data|g; s|@host@|$HOST|; s|@rgw@|$PORT|; s|@mon@|$MON_PORT|; s|@mon_v1@|$MON_PORT_V1|" /ceph.conf >ceph.conf
export CEPH_CONF=/data/ceph.conf
trap 'kill $(jobs -p) 2>/dev/null; wait' TERM INT
if [ ! -e mon.made ]; then
  rm -rf mon && mkdir mon
  ceph-authtool -C client.admin.keyring --gen-key -n client.admin --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *' --cap mds 'allow *'
  ceph-authtool -C mon.keyring --gen-key -n mon. --cap mon 'allow *'
  ceph-authtool mon.keyring --import-keyring client.admin.keyring
  monmaptool --create --clobber --addv a "[v2:127.0.0.1:$MON_PORT,v1:127.0.0.1:$MON_PORT_V1]" --fsid "$(cat fsid)" monmap
  ceph-mon --mkfs -i a --monmap monmap --keyring mon.keyring
  touch mon.made
fi
ceph-mon -f -i a &
until ceph --connect-timeout 5 fsid >/dev/null 2>&1; do sleep 0.1; done
if [ ! -e osd.made ]; then
  rm -rf osd && mkdir osd
  [ -e osd.uuid ] || cat /proc/sys/kernel/random/uuid >osd.uuid
  [ -n "$(ceph osd ls)" ] || ceph osd new "$(cat osd.uuid)"
  ceph auth get-or-create osd.0 mon 'allow profile osd' osd 'allow *' mgr 'allow profile osd' >osd.0.keyring
  ceph-osd -i 0 --mkfs --osd-uuid "$(cat osd.uuid)"
  touch osd.made
fi
ceph-osd -f -i 0 &
until ceph osd stat -f json | grep -q '"num_up_osds":1'; do sleep 0.1; done
[ -e client.rgw.keyring ] || { ceph auth get-or-create client.rgw mon 'allow rw' osd 'allow rwx' mgr 'allow rw' >rgw.draft; mv rgw.draft client.rgw.keyring; }
[ -e user.made ] || { radosgw-admin user create --display-name Fairway --uid fairway --access-key "$AWS_ACCESS_KEY_ID" --secret-key "$AWS_SECRET_ACCESS_KEY" >/dev/null; touch user.made; }
radosgw -f -n client.rgw &
wait
