#!/usr/bin/env bash
# ring3 sign and verify-signature, judged by osslsigncode: images of odd sizes and with overlays, page hashes, second signatures, time
# stamps, keys in every kind of file, and files that were changed or cut short.
set -u
. "$(dirname "$0")/lib.sh"
needs "$VIONET"
command -v openssl >/dev/null && command -v osslsigncode >/dev/null || skip "openssl and osslsigncode judge signatures"
cd "$TMP" || exit 1
case $RING3 in /*) ;; *) RING3=$OLDPWD/$RING3 VIONET=$OLDPWD/$VIONET ;; esac

judge() {   # NAME FILE CA [osslsigncode options..]: the other verifier's word
    if osslsigncode verify -in "$2" -CAfile "$3" "${@:4}" >judge.out 2>&1 && grep -q '^Succeeded' judge.out && ! grep -qi 'invalid\|mismatch' judge.out; then
        ok "$1"
    else
        bad "$1: osslsigncode says"; head -n 12 judge.out
    fi
}

cp "$VIONET" a.sys
expect 'an unsigned driver is called unsigned' 1 'not signed' "$RING3" verify-signature a.sys
expect 'a test certificate is made and signs' 0 'signed a.sys' "$RING3" sign --test-certificate=test.pfx --subject=CN=Contoso.com a.sys
[ "$(stat -c %a test.pfx)" = 600 ] && ok 'only its owner can read the key' || bad 'only its owner can read the key'
openssl x509 -inform DER -in test.cer -out test.pem || bad 'the certificate beside it cannot be read'
judge 'the other verifier accepts a signed image' a.sys test.pem
expect 'the signature holds' 0 'signature: holds' "$RING3" verify-signature --roots=test.cer a.sys
expect 'Windows would load it in test-signing mode only' 0 'only in test-signing mode' "$RING3" verify-signature a.sys
expect 'a stranger as root is not enough' 1 'not trusted' sh -c "'$RING3' sign --test-certificate=other.pfx a.sys --append >/dev/null; '$RING3' sign --test-certificate=third.pfx; '$RING3' verify-signature --roots=third.cer a.sys"

# Sizes that are no multiple of 8, with bytes behind the last section.
for extra in 1 3 8 13 4099; do
    cp "$VIONET" o.sys
    head -c $extra /dev/urandom >>o.sys
    "$RING3" sign --test-certificate=test.pfx --page-hashes o.sys >/dev/null || bad "an overlay of $extra bytes cannot be signed"
    judge "an image with $extra bytes behind its sections, page hashes" o.sys test.pem
    expect "and our own verifier agrees ($extra)" 0 'page hashes: match' "$RING3" verify-signature --roots=test.cer o.sys
done

cp "$VIONET" b.sys
"$RING3" sign --test-certificate=test.pfx --digest=sha1 b.sys >/dev/null
expect 'a second signature is added' 0 'signed b.sys' "$RING3" sign --test-certificate=test.pfx --append --digest=sha384 b.sys
judge 'the other verifier accepts both' b.sys test.pem
grep -q 'verified signatures: 2' judge.out && ok 'it counts two' || bad 'it does not count two'
expect 'ours shows the nested one' 0 'digest: SHA384, matches' "$RING3" verify-signature b.sys
osslsigncode sign -pkcs12 test.pfx -pass '' -h sha256 -ph -in "$VIONET" -out theirs.sys >/dev/null 2>&1
expect 'a signature of the other tool holds here' 0 'page hashes: match' "$RING3" verify-signature --roots=test.cer theirs.sys

# Taking out gives the image back, but for the checksum.
cp theirs.sys c.sys
"$RING3" sign --remove c.sys && osslsigncode remove-signature -in theirs.sys -out d.sys >/dev/null 2>&1
cmp -s c.sys d.sys && ok 'both tools take a signature out alike' || bad 'the images differ after taking the signature out'

# Changed and cut files.
cp a.sys e.sys
printf '\xff' | dd of=e.sys bs=1 seek=6000 conv=notrunc status=none
expect 'a changed byte is found' 1 'its digest differs' "$RING3" verify-signature e.sys
size=$(stat -c %s a.sys)
for cut in 1 40 200 700 1500; do
    head -c $((size - cut)) a.sys >f.sys
    "$RING3" verify-signature f.sys >out 2>&1
    code=$?
    [ $code -eq 1 ] || { bad "an image cut by $cut bytes: exit code $code"; cat out; }
done
ok 'cut images are refused'
expect 'text is no signed file' 1 'neither an image, nor a catalog, nor a cabinet' "$RING3" verify-signature judge.out
expect 'a file of no kind cannot be signed' 4 'only those carry signatures' "$RING3" sign --test-certificate=test.pfx judge.out
expect 'nobody signs' 2 'who signs?' "$RING3" sign a.sys

# Cabinets.
if command -v gcab >/dev/null; then
    mkdir -p folder && echo hello >folder/x.txt && head -c 5000 /dev/urandom >folder/y.bin
    gcab -c k.cab folder/x.txt folder/y.bin
    expect 'an unsigned cabinet is called unsigned' 1 'not signed' "$RING3" verify-signature k.cab
    expect 'a cabinet is signed' 0 'signed k.cab' "$RING3" sign --test-certificate=test.pfx k.cab
    judge 'the other verifier accepts it' k.cab test.pem
    expect 'and ours' 0 'signature: holds' "$RING3" verify-signature --roots=test.cer k.cab
    mkdir x && gcab -x -C x k.cab >/dev/null && cmp folder/y.bin x/folder/y.bin && ok 'it still unpacks' || bad 'a signed cabinet does not unpack'
    expect 'signing again replaces' 0 'signed k.cab' "$RING3" sign --test-certificate=other.pfx k.cab
    "$RING3" sign --test-certificate=test.pfx k.cab >/dev/null
    gcab -c l.cab folder/x.txt folder/y.bin
    osslsigncode sign -pkcs12 test.pfx -pass '' -h sha256 -in l.cab -out m.cab >/dev/null 2>&1
    expect 'a cabinet of the other tool holds' 0 'signature: holds' "$RING3" verify-signature --roots=test.cer m.cab
    printf 'x' | dd of=m.cab bs=1 seek=200 conv=notrunc status=none
    expect 'a changed cabinet is found' 1 'its digest differs' "$RING3" verify-signature m.cab
    for cut in 1 100 1400 4000; do
        head -c $(($(stat -c %s k.cab) - cut)) k.cab >n.cab
        "$RING3" verify-signature n.cab >out 2>&1
        [ $? -eq 1 ] || { bad "a cabinet cut by $cut bytes"; cat out; }
    done
    ok 'cut cabinets are refused'
fi

# Keys in PEM, with password, with a chain; a key without its certificate.
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj /CN=TestRoot -days 30 2>/dev/null
openssl req -newkey rsa:2048 -passout pass:secret -keyout leaf.key -out leaf.csr -subj /CN=Leaf 2>/dev/null
printf 'extendedKeyUsage=codeSigning\n' >leaf.ext
openssl x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out leaf.pem -days 20 -extfile leaf.ext 2>/dev/null
echo secret >password
cp "$VIONET" g.sys
expect 'a PEM key with a password and a chain signs' 0 'signed' "$RING3" sign --key=leaf.key --certificate=leaf.pem --password-file=password g.sys
judge 'the chain is found' g.sys ca.pem
expect 'ours finds it, too' 0 'up to CN=TestRoot, trusted' "$RING3" verify-signature --roots=ca.pem g.sys
echo wrong >wrong
expect 'a wrong password is told' 4 'leaf.key' "$RING3" sign --key=leaf.key --certificate=leaf.pem --password-file=wrong g.sys
expect 'a certificate of another key is told' 4 'belongs to the key' "$RING3" sign --key=leaf.key --certificate=ca.pem --password-file=password g.sys
openssl pkcs12 -export -legacy -inkey ca.key -in ca.pem -out old.pfx -passout pass:secret 2>/dev/null
cp "$VIONET" h.sys
expect 'a PKCS #12 file of the old ciphers opens' 0 'signed' "$RING3" sign --key=old.pfx --password-file=password h.sys
expect 'a certificate that is not for code signing is told' 1 'not for code signing' "$RING3" verify-signature h.sys

# Time stamps of an authority on loopback.
mkdir tsa
openssl req -newkey rsa:2048 -nodes -keyout tsa/key.pem -out tsa.csr -subj /CN=TestTimes 2>/dev/null
printf 'extendedKeyUsage=critical,timeStamping\n' >tsa.ext
openssl x509 -req -in tsa.csr -CA ca.pem -CAkey ca.key -out tsa/cert.pem -days 20 -extfile tsa.ext 2>/dev/null
echo 01 >tsa/serial
cat >tsa/tsa.cnf <<CNF
[ tsa ]
default_tsa = one
[ one ]
serial = $TMP/tsa/serial
crypto_device = builtin
signer_cert = $TMP/tsa/cert.pem
signer_key = $TMP/tsa/key.pem
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha1, sha256, sha384, sha512
accuracy = secs:1
ess_cert_id_chain = no
CNF
read -r port <<<"$(free_ports 1)"
perl "$OLDPWD/$(dirname "$0")/tsa_server.pl" "$port" "$TMP/tsa" >tsa.out 2>&1 &
server=$!
for _ in $(seq 100); do grep -q ready tsa.out && break; sleep 0.05; done
cp "$VIONET" i.sys
expect 'a signature is time-stamped' 0 'signed' "$RING3" sign --key=leaf.key --certificate=leaf.pem --password-file=password --timestamp=http://127.0.0.1:$port/ i.sys
expect 'the time and the authority are told' 0 'by CN=TestTimes' "$RING3" verify-signature --roots=ca.pem i.sys
judge 'the other verifier accepts the time stamp' i.sys ca.pem -TSA-CAfile ca.pem
grep -q 'Timestamp verified\|Timestamp Server Signature verification: ok\|countersignature' judge.out && ok 'it saw it' || { bad 'it saw no time stamp'; cat judge.out; }
expect 'an authority nobody trusts is told' 1 'does not hold' "$RING3" verify-signature --roots=leaf.pem i.sys
kill $server

# The same by https: the authority must be whom the URL names.
openssl req -newkey rsa:2048 -nodes -keyout tsa/tls.key -out tls.csr -subj /CN=times 2>/dev/null
printf 'subjectAltName=IP:127.0.0.1\n' >tls.ext
openssl x509 -req -in tls.csr -CA ca.pem -CAkey ca.key -out tsa/tls.pem -days 20 -extfile tls.ext 2>/dev/null
with_tls() {   # starts the server for one request
    read -r port <<<"$(free_ports 1)"
    perl "$OLDPWD/$(dirname "$0")/tsa_server.pl" "$port" "$TMP/tsa" tls >tsa.out 2>&1 &
    server=$!
    for _ in $(seq 200); do grep -q ready tsa.out && break; sleep 0.05; done
}
cp "$VIONET" k.sys
with_tls
SSL_CERT_FILE=$TMP/ca.pem expect 'https time-stamps, too' 0 'signed' "$RING3" sign --key=leaf.key --certificate=leaf.pem --password-file=password --timestamp=https://127.0.0.1:$port/ k.sys
wait $server
judge 'the other verifier accepts that time stamp' k.sys ca.pem -TSA-CAfile ca.pem
cp "$VIONET" l.sys
with_tls
SSL_CERT_FILE=$TMP/test.pem expect 'a server nobody trusts is not asked' 4 'certificate verify failed' "$RING3" sign --key=leaf.key --certificate=leaf.pem --password-file=password --timestamp=https://127.0.0.1:$port/ l.sys
cmp -s l.sys "$VIONET" && ok 'and the file is left alone' || bad 'and the file is left alone'
wait $server
port_of_nobody=$port
with_tls
SSL_CERT_FILE=$TMP/ca.pem expect 'a server of another name is not asked' 4 'certificate verify failed' "$RING3" sign --key=leaf.key --certificate=leaf.pem --password-file=password --timestamp=https://localhost:$port/ l.sys
wait $server
port=$port_of_nobody
cp "$VIONET" j.sys
expect 'an authority that does not answer leaves the file alone' 4 "127.0.0.1:$port" "$RING3" sign --test-certificate=test.pfx --timestamp=http://127.0.0.1:$port/ j.sys
cmp -s j.sys "$VIONET" && [ -z "$(ls j.sys.* 2>/dev/null)" ] && ok 'nothing half-written is left' || bad 'something half-written is left'
finish
