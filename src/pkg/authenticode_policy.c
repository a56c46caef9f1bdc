/* What Windows makes of a signature. docs: install/kernel-mode-code-signing-policy--windows-vista-and-later-,
 * install/deprecation-of-software-publisher-certificates-and-commercial-release-certificates, dashboard/code-signing-reqs,
 * install/the-testsigning-boot-configuration-option */
#include <string.h>

#include "pkg/authenticode_asn1.h"
#include "pkg/authenticode_judge.h"

#define CROSS_SIGNING_ENDED 1438128000  /* July 29, 2015 */

enum kernel_policy kernel_policy_judge(const struct signature *signature, X509 *signer)
{
    const char *end = signature->chain_end;

    if (signature->reason[0] || !signature->digest_matches || !signature->message_matches)
        return KERNEL_REFUSED;
    if (strstr(end, "CN=Microsoft Root Certificate Authority") || strstr(end, "CN=Microsoft Root Authority")) {
        if (certificate_has_usage(signer, OID_EKU_ATTESTED))
            return KERNEL_ATTESTED;
        if (certificate_has_usage(signer, OID_EKU_WHQL))
            return KERNEL_WHQL;
        if (certificate_has_usage(signer, OID_EKU_NT5_CRYPTO))
            return KERNEL_WINDOWS;
    }
    if (strstr(end, "CN=Microsoft Code Verification Root"))
        return signature->not_before < CROSS_SIGNING_ENDED ? KERNEL_CROSS_SIGNED : KERNEL_CROSS_SIGNED_LATE;
    return KERNEL_TEST_SIGNING;
}

const char *kernel_policy_name(enum kernel_policy policy)
{
    static const char *const name[] = { "refused", "test-signing", "cross-signed", "cross-signed-late", "attested", "whql",
                                        "windows" };

    return name[policy];
}

const char *kernel_policy_text(enum kernel_policy policy)
{
    static const char *const text[] = {
        [KERNEL_REFUSED] = "Windows would not load this: the signature does not hold.",
        [KERNEL_TEST_SIGNING] =
            "Windows 10 1607 and later would load this only in test-signing mode (bcdedit /set testsigning on), with the "
            "certificate installed. For other computers it needs the hardware dashboard's signature: attestation or WHQL.",
        [KERNEL_CROSS_SIGNED] =
            "Windows would load this: its certificate was issued before July 29, 2015 and is cross-signed.",
        [KERNEL_CROSS_SIGNED_LATE] =
            "Windows 10 1607 and later would load this only without Secure Boot or on a computer upgraded from an earlier "
            "version: the certificate was issued after July 29, 2015. It needs the hardware dashboard's signature.",
        [KERNEL_ATTESTED] =
            "Windows 10 and later would load this: the hardware dashboard signed it after attestation. Windows Update for "
            "everybody and Windows Server need WHQL.",
        [KERNEL_WHQL] = "Windows would load this: the hardware dashboard signed it after the lab kit's tests (WHQL).",
        [KERNEL_WINDOWS] = "Windows would load this: it is signed as a part of Windows.",
    };

    return text[policy];
}

const char *kernel_place_name(enum kernel_place place)
{
    static const char *const name[] = {
        [PLACE_WITHOUT_SECURE_BOOT] = "Windows 7, and Windows 8 and later without Secure Boot",
        [PLACE_BEFORE_1607] = "Windows 8 to Windows 10 1511 with Secure Boot",
        [PLACE_1607] = "Windows 10 1607 to 1709 with Secure Boot",
        [PLACE_1803] = "Windows 10 1803 and later with Secure Boot",
        [PLACE_SERVER] = "Windows Server 2016 and later",
    };

    return name[place];
}

/* Test-signing cannot be switched on while Secure Boot is; attestation is for Windows 10 and later, and not for servers. */
const char *kernel_policy_at(enum kernel_policy policy, enum kernel_place place)
{
    static const char test[] = "in test-signing mode only", ten[] = "from Windows 10 on";
    static const char upgraded[] = "only on a computer upgraded from an earlier Windows";
    static const char sha1[] = "yes (from 1809 on not with a SHA-1 certificate)";
    static const char *const table[][PLACES] = {
        [KERNEL_REFUSED] = { "no", "no", "no", "no", "no" },
        [KERNEL_TEST_SIGNING] = { test, "no", "no", "no", test },
        [KERNEL_CROSS_SIGNED] = { "yes", "yes", "yes", sha1, "yes" },
        [KERNEL_CROSS_SIGNED_LATE] = { "yes", "yes", upgraded, upgraded, "without Secure Boot" },
        [KERNEL_ATTESTED] = { ten, ten, "yes", "yes", "no" },
        [KERNEL_WHQL] = { "yes", "yes", "yes", "yes", "yes" },
        [KERNEL_WINDOWS] = { "yes", "yes", "yes", "yes", "yes" },
    };

    return table[policy][place];
}
