#!/usr/bin/env bash
# ring3 sign with a key on a PKCS #11 token: SoftHSM's, made for the test. Judged by osslsigncode.
set -u
. "$(dirname "$0")/lib.sh"
needs "$VIONET"
for word in 'softhsm2-util softhsm2' 'pkcs11-tool opensc' 'osslsigncode osslsigncode' 'openssl openssl'; do
    command -v "${word% *}" >/dev/null || skip "${word% *} is not installed (Debian package ${word#* })"
done
module=$(ls /usr/lib/softhsm/libsofthsm2.so /usr/lib/*/softhsm/libsofthsm2.so 2>/dev/null | head -1)
[ -n "$module" ] || skip 'libsofthsm2.so is not installed (Debian package softhsm2)'
ls /usr/lib/*/engines-3/pkcs11.so /usr/lib/*/ossl-modules/pkcs11.so >/dev/null 2>&1 || [ -n "$(ls /usr/lib/*/engines-3/pkcs11.so 2>/dev/null)" ] ||
    skip "OpenSSL has no pkcs11 engine (Debian package libengine-pkcs11-openssl)"
case $RING3 in /*) ;; *) RING3=$PWD/$RING3 VIONET=$PWD/$VIONET ;; esac
cd "$TMP" || exit 1

mkdir tokens
printf 'directories.tokendir = %s/tokens\nobjectstore.backend = file\nlog.level = ERROR\n' "$TMP" >softhsm.conf
export SOFTHSM2_CONF=$TMP/softhsm.conf
softhsm2-util --init-token --free --label ours --pin 1234 --so-pin 5678 >/dev/null || skip 'SoftHSM makes no token here'
openssl req -x509 -newkey rsa:2048 -nodes -keyout k.pem -out c.pem -subj /CN=Token -days 30 -addext extendedKeyUsage=codeSigning 2>/dev/null
openssl pkcs8 -topk8 -nocrypt -in k.pem -out k8.pem && openssl x509 -in c.pem -outform DER -out c.der
softhsm2-util --import k8.pem --token ours --label signer --id a1 --pin 1234 >/dev/null
softhsm2-util --import k8.pem --token ours --label bare --id b2 --pin 1234 >/dev/null
pkcs11-tool --module "$module" --token-label ours --login --pin 1234 --write-object c.der --type cert --label signer --id a1 >/dev/null 2>&1
echo 1234 >pin
echo 9999 >wrong
# The engine speaks on stderr on its own; `expect` looks for our sentence.
signer="pkcs11:token=ours;object=signer?module-path=$module"
accepted() {
    osslsigncode verify -in a.sys -CAfile c.pem >judge.out 2>&1 && grep -q ^Succeeded judge.out && ok "$1" || { bad "$1"; head -5 judge.out; }
}
cp "$VIONET" a.sys
expect 'a key and its certificate on a token sign, PIN in the URI' 0 'signed a.sys' "$RING3" sign --key="$signer&pin-value=1234" --page-hashes a.sys
accepted 'the other verifier accepts it'
expect 'ours does, too' 0 'signer: CN=Token' "$RING3" verify-signature --roots=c.pem a.sys
cp "$VIONET" a.sys
expect 'the PIN can be in a file' 0 'signed a.sys' "$RING3" sign --key="$signer" --password-file=pin a.sys
accepted 'the other verifier accepts it'
cp "$VIONET" a.sys
expect 'or in the file that the URI names' 0 'signed a.sys' "$RING3" sign --key="$signer&pin-source=file:$TMP/pin" a.sys
accepted 'the other verifier accepts it'
cp "$VIONET" a.sys
PKCS11_MODULE_PATH=$module expect 'a certificate can lie beside the token, the library come from the environment' 0 'signed a.sys' "$RING3" sign --key='pkcs11:token=ours;object=bare' --certificate=c.pem --password-file=pin a.sys
accepted 'the other verifier accepts it'
cp "$VIONET" a.sys
expect 'a wrong PIN is told' 4 'pkcs11:token=ours;object=signer' "$RING3" sign --key="$signer" --password-file=wrong a.sys
expect 'an object there is not is told' 4 'no key and no certificate' "$RING3" sign --key="pkcs11:token=ours;object=nobody?module-path=$module" --password-file=pin a.sys
expect 'a library there is not is told' 4 'no key and no certificate' "$RING3" sign --key='pkcs11:token=ours;object=signer?module-path=/nowhere.so' --password-file=pin a.sys
expect 'a key without certificate is told' 4 'no certificate' "$RING3" sign --key="pkcs11:token=ours;object=bare?module-path=$module" --password-file=pin a.sys
cmp -s a.sys "$VIONET" && ok 'none of them touched the file' || bad 'one of them touched the file'
finish
