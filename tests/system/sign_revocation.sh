#!/usr/bin/env bash
# ring3 verify-signature --crl and --ocsp: revoked before and after the time stamp, lists of strangers, lists that are out of date.
set -u
. "$(dirname "$0")/lib.sh"
needs "$VIONET"
command -v openssl >/dev/null || skip 'openssl makes the lists'
case $RING3 in /*) ;; *) RING3=$PWD/$RING3 VIONET=$PWD/$VIONET ;; esac
here=$(cd "$(dirname "$0")" && pwd)
cd "$TMP" || exit 1

# A root, an authority below it, a signer below that.
mkdir ca && cd ca || exit 1
cat >ca.cnf <<CNF
[ ca ]
default_ca = one
[ one ]
dir = .
database = index.txt
serial = serial
new_certs_dir = .
certificate = middle.pem
private_key = middle.key
default_md = sha256
default_days = 20
policy = any
unique_subject = no
[ any ]
commonName = supplied
[ v3 ]
extendedKeyUsage = codeSigning
certificatePolicies = 2.23.140.1.3
[ tsa ]
extendedKeyUsage = critical,timeStamping
CNF
: >index.txt
echo 1000 >serial
echo 1000 >number
openssl req -x509 -newkey rsa:2048 -nodes -keyout root.key -out root.pem -subj /CN=Root -days 30 2>/dev/null
openssl req -newkey rsa:2048 -nodes -keyout middle.key -out middle.csr -subj /CN=Middle 2>/dev/null
printf 'basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign,cRLSign,digitalSignature\n' >middle.ext
openssl x509 -req -in middle.csr -CA root.pem -CAkey root.key -CAcreateserial -out middle.pem -days 25 -extfile middle.ext 2>/dev/null
openssl req -newkey rsa:2048 -nodes -keyout leaf.key -out leaf.csr -subj /CN=Leaf 2>/dev/null
openssl ca -batch -config ca.cnf -extensions v3 -in leaf.csr -out leaf.pem -notext 2>/dev/null
openssl req -newkey rsa:2048 -nodes -keyout key.pem -out tsa.csr -subj /CN=Times 2>/dev/null
openssl ca -batch -config ca.cnf -extensions tsa -in tsa.csr -out cert.pem -notext 2>/dev/null
lists() { openssl ca -config ca.cnf -gencrl -crlnumber -crldays 7 -out "$1" 2>/dev/null || openssl ca -config ca.cnf -gencrl -crldays 7 -out "$1" 2>/dev/null; }
cat >root.cnf <<CNF
[ ca ]
default_ca = one
[ one ]
database = root.txt
certificate = root.pem
private_key = root.key
default_md = sha256
CNF
: >root.txt
openssl ca -config root.cnf -gencrl -crldays 7 -out root.crl 2>/dev/null
lists clean.crl
openssl ocsp -index index.txt -CA middle.pem -rsigner middle.pem -rkey middle.key -issuer middle.pem -cert leaf.pem -respout good.ocsp -noverify >/dev/null 2>&1
cat >tsa.cnf <<CNF
[ tsa ]
default_tsa = one
[ one ]
serial = $TMP/ca/tsaserial
crypto_device = builtin
signer_cert = $TMP/ca/cert.pem
signer_key = $TMP/ca/key.pem
certs = $TMP/ca/middle.pem
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
CNF
echo 01 >tsaserial
cd ..
cp "$VIONET" a.sys
sign() { "$RING3" sign --key=ca/leaf.key --certificate=ca/leaf.pem --additional-certificate=ca/middle.pem "$@" >/dev/null || bad "cannot sign: $*"; }
sign a.sys
read -r port <<<"$(free_ports 1)"
perl "$here/tsa_server.pl" "$port" "$TMP/ca" >tsa.out 2>&1 &
server=$!
for _ in $(seq 100); do grep -q ready tsa.out && break; sleep 0.05; done
cp "$VIONET" b.sys
sign --timestamp=http://127.0.0.1:$port/ b.sys
kill $server
verify() { name=$1 code=$2 text=$3; shift 3; expect "$name" "$code" "$text" "$RING3" verify-signature --roots=ca/root.pem "$@"; }
verify 'without lists nothing is looked up' 0 'signature: holds' a.sys
! grep -q 'revocation' "$TMP/out" && ok 'and nothing is said of it' || bad 'something is said of it'
verify 'an EV certificate is told' 0 'extended validation' a.sys
verify 'lists of both authorities that revoke nothing' 0 'no certificate of the chain is revoked' --crl=ca/clean.crl --crl=ca/root.crl a.sys
openssl crl -in ca/clean.crl -outform DER -out clean.der
verify 'the same in DER' 0 'no certificate of the chain is revoked' --crl=clean.der --crl=ca/root.crl a.sys
verify 'an OCSP response instead of a list' 0 'no certificate of the chain is revoked' --ocsp=ca/good.ocsp --crl=ca/root.crl a.sys
verify 'an authority of which there is no list is named' 0 'nothing given speaks of CN=Middle' --crl=ca/clean.crl a.sys
verify 'Windows 10 1607 and later would not take a test certificate with Secure Boot' 0 'Windows 10 1803 and later with Secure Boot: no' a.sys
sleep 1
(cd ca && openssl ca -config ca.cnf -revoke leaf.pem -crl_reason keyCompromise 2>/dev/null && lists revoked.crl &&
    openssl ocsp -index index.txt -CA middle.pem -rsigner middle.pem -rkey middle.key -issuer middle.pem -cert leaf.pem -respout revoked.ocsp -noverify >/dev/null 2>&1)
verify 'a revoked certificate ends a signature without time stamp' 1 'CN=Leaf was revoked on' --crl=ca/revoked.crl --crl=ca/root.crl a.sys
grep -q keyCompromise "$TMP/out" && ok 'the reason is told' || bad 'the reason is not told'
verify 'so does a response' 1 'a certificate of the chain was revoked' --ocsp=ca/revoked.ocsp --crl=ca/root.crl a.sys
verify 'the newer list counts' 1 'was revoked on' --crl=ca/clean.crl --crl=ca/revoked.crl --crl=ca/root.crl a.sys
verify 'a response outweighs an older list' 1 'was revoked on' --crl=ca/clean.crl --ocsp=ca/revoked.ocsp a.sys
verify 'a signature stamped before stands' 0 'after the time stamp: the signature stands' --crl=ca/revoked.crl --crl=ca/root.crl b.sys
verify 'JSON says it, too' 1 '"revocation": "revoked"' --crl=ca/revoked.crl --format=json a.sys
# A list by somebody else with the same name says nothing.
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca/other.key -out ca/other.pem -subj /CN=Middle -days 30 2>/dev/null
(cd ca && sed 's/= middle\./= other./' ca.cnf >other.cnf && openssl ca -config other.cnf -gencrl -crldays 7 -out other.crl 2>/dev/null)
verify 'a list that a stranger signed is not believed' 0 'nothing given speaks of' --crl=ca/other.crl a.sys
openssl ocsp -index ca/index.txt -CA ca/middle.pem -rsigner ca/other.pem -rkey ca/other.key -issuer ca/middle.pem -cert ca/leaf.pem -respout other.ocsp -noverify >/dev/null 2>&1
[ -s other.ocsp ] || bad 'there is no response of a stranger to try'
verify 'nor a response that a stranger signed' 0 'nothing given speaks of CN=Leaf' --crl=ca/root.crl --ocsp=other.ocsp a.sys
(cd ca && openssl ca -config root.cnf -gencrl -crlsec 1 -crldays 0 -crlhours 0 -out short.crl 2>/dev/null)
[ -s ca/short.crl ] && { sleep 2; verify 'a list that is out of date is told' 0 'out of date' --crl=ca/short.crl --ocsp=ca/good.ocsp a.sys; }
expect 'what is no list is refused' 2 'no certificate revocation list' "$RING3" verify-signature --crl=ca/root.pem a.sys
expect 'what is no response is refused' 2 'no OCSP response' "$RING3" verify-signature --ocsp=ca/root.crl a.sys
finish
