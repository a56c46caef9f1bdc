#!/usr/bin/env bash
# ring3 submit: a cabinet that others unpack and whose signature others accept; a checklist; what keeps a submission from being accepted.
set -u
. "$(dirname "$0")/lib.sh"
needs "$VIONET"
command -v gcab >/dev/null && command -v osslsigncode >/dev/null && command -v openssl >/dev/null || skip "gcab and osslsigncode judge cabinets"
case $RING3 in /*) ;; *) RING3=$PWD/$RING3 VIONET=$PWD/$VIONET ;; esac
cd "$TMP" || exit 1
mkdir d
cp "$VIONET" "${VIONET%.sys}.inf" "${VIONET%.sys}.pdb" d/
"$RING3" package d --out=p --test-certificate=t.pfx >/dev/null || bad 'no package'
cp d/vionet.pdb p/
openssl x509 -inform DER -in t.cer -out t.pem
expect 'a cabinet is made' 0 '[x] s.cab: 4 files' "$RING3" submit p --out=s.cab
expect 'the checklist says what is left' 0 '[ ] the cabinet is to be signed with your EV certificate' "$RING3" submit p --out=s.cab
mkdir x && gcab -x -C x s.cab >/dev/null && cmp p/vionet.sys x/vionet/vionet.sys && cmp p/vionet.inf x/vionet/vionet.inf && [ -e x/vionet/vionet.pdb ] &&
    ok 'it unpacks into a folder for the driver' || bad 'it does not unpack into a folder for the driver'
[ -z "$(find x -maxdepth 1 -type f)" ] && ok 'nothing lies at the root' || bad 'files lie at the root'
expect 'it can be signed on the way' 0 '[x] the cabinet is signed' "$RING3" submit p --out=k.cab --key=t.pfx
osslsigncode verify -in k.cab -CAfile t.pem >out 2>&1 && grep -q ^Succeeded out && ok 'the other verifier accepts it' || { bad 'the other verifier does not accept it'; head -5 out; }
[ -z "$(ls -d ./*.stage.* 2>/dev/null)" ] && ok 'nothing is left beside it' || bad 'something is left beside it'
cp -r p q
sed -i 's/^PnpLockdown.*//' q/vionet.inf
expect 'an INF that breaks a rule keeps it from being made' 1 '[!] q/vionet.inf' "$RING3" submit q --out=n.cab
[ ! -e n.cab ] && ok 'then there is no cabinet' || bad 'there is a cabinet in spite of it'
rm q/vionet.inf
expect 'a directory without INF is told' 4 'no INF' "$RING3" submit q --out=n.cab
cp -r p r && rm r/vionet.pdb
expect 'missing symbols are left to do' 0 '[ ] symbols' "$RING3" submit r --out=n.cab
finish
