/* ring3 verify-signature: what a file's signatures are worth, and whether Windows would load it. */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/error.h"
#include "base/util.h"
#include "cli/verb.h"
#include "pkg/authenticode_revocation.h"
#include "pkg/authenticode_verify.h"

#define FILES_MAX 256
#define SIGNATURES_MAX 16

struct verify_request {
    const char *roots;
    struct revocation *revocation;
    bool json;
    const char *file[FILES_MAX];
    int count;
};

static bool take_file(void *target, const char *value)
{
    struct verify_request *request = target;

    if (request->count == FILES_MAX)
        return error_set("more than %d files", FILES_MAX);
    request->file[request->count++] = value;
    return true;
}

static bool take_roots(void *target, const char *value)
{
    ((struct verify_request *)target)->roots = value;
    return true;
}

static bool take_crl(void *target, const char *value)
{
    struct verify_request *request = target;

    if (!request->revocation)
        request->revocation = revocation_new();
    return revocation_add_lists(request->revocation, value);
}

static bool take_ocsp(void *target, const char *value)
{
    struct verify_request *request = target;

    if (!request->revocation)
        request->revocation = revocation_new();
    return revocation_add_response(request->revocation, value);
}

static bool take_format(void *target, const char *value)
{
    ((struct verify_request *)target)->json = !strcmp(value, "json");
    return !strcmp(value, "json") || !strcmp(value, "text") || error_set("--format is text or json, not '%s'", value);
}

static const struct cli_option options[] = {
    { NULL, "FILE..", "signed .sys and .cat files", take_file },
    { "--roots", "FILE", "trusted certificates (PEM or DER); without them the chain is told, not judged", take_roots },
    { "--crl", "FILE", "certificate revocation lists (PEM or DER); may be given again", take_crl },
    { "--ocsp", "FILE", "an OCSP response (DER); may be given again", take_ocsp },
    { "--format", "text|json", "how results are printed", take_format },
    { 0 }
};

static const char *day(time_t time, char text[32])
{
    struct tm tm;

    if (!gmtime_r(&time, &tm) || !strftime(text, 32, "%Y-%m-%d %H:%M:%S UTC", &tm))
        strcpy(text, "?");
    return text;
}

static void print_revocation(const struct signature *s)
{
    char date[32];

    switch (s->revocation) {
    case SIGNATURE_NOT_LOOKED_UP:
        return;
    case SIGNATURE_NOT_REVOKED:
        printf("    revocation: no certificate of the chain is revoked");
        break;
    case SIGNATURE_UNKNOWN:
        printf("    revocation: nothing given speaks of %s", s->revoked_name);
        break;
    case SIGNATURE_REVOKED_LATER:
    case SIGNATURE_REVOKED:
        printf("    revocation: %s was revoked on %s%s%s%s", s->revoked_name, day(s->revoked, date), *s->revoked_reason ? ", " : "",
               s->revoked_reason, s->revocation == SIGNATURE_REVOKED ? "" : ", after the time stamp: the signature stands");
        break;
    }
    printf("%s\n", s->revocation_stale ? " (what says so is out of date)" : "");
}

static void print_text(const struct signature *s)
{
    char from[32], to[32];

    printf("  %ssignature: %s%s%s\n", s->nested ? "nested " : "", signature_holds(s) ? "holds" : "does not hold",
           s->reason[0] ? ": " : "", s->reason);
    if (s->digest_name[0])
        printf("    digest: %s, %s\n", s->digest_name, s->digest_matches ? "matches the file" : "does not match the file");
    if (s->has_pages)
        printf("    page hashes: %s\n", s->pages_match ? "match" : "do not match");
    printf("    signer: %s\n    issued by: %s\n    thumbprint: %s\n    valid: %s to %s\n", s->signer, s->issuer, s->thumbprint,
           day(s->not_before, from), day(s->not_after, to));
    printf("    chain: %d certificate%s in the file, up to %s%s\n", s->chain_length, s->chain_length == 1 ? "" : "s",
           s->chain_end, s->trusted ? ", trusted" : s->roots_given ? ", not trusted" : " (no roots given: not judged)");
    if (s->has_timestamp)
        printf("    time stamp: %s by %s%s\n", day(s->timestamp, from), s->authority, s->timestamp_matches ? "" : ", does not hold");
    else
        printf("    time stamp: none\n");
    print_revocation(s);
    if (s->extended_validation)
        printf("    certificate: extended validation, as the hardware dashboard asks for\n");
    printf("    %s\n", kernel_policy_text(s->policy));
    for (int place = 0; place < PLACES; place++)
        printf("      %s: %s\n", kernel_place_name(place), kernel_policy_at(s->policy, place));
    if (!strcasecmp(s->digest_name, "SHA1"))
        printf("      The policy asks for SHA-2 digests; this one is SHA-1.\n");
}

static void print_string(const char *key, const char *value)
{
    printf("\"%s\": \"", key);
    for (const char *p = value; *p; p++) {
        if (*p == '"' || *p == '\\')
            printf("\\%c", *p);
        else if ((unsigned char)*p < ' ')
            printf("\\u%04x", *p);
        else
            putchar(*p);
    }
    printf("\", ");
}

static void print_json(const struct signature *s)
{
    static const char *const revocation[] = {
        [SIGNATURE_NOT_LOOKED_UP] = "not looked up", [SIGNATURE_NOT_REVOKED] = "good", [SIGNATURE_UNKNOWN] = "unknown",
        [SIGNATURE_REVOKED_LATER] = "revoked later", [SIGNATURE_REVOKED] = "revoked",
    };
    char text[32];

    printf("{");
    print_string("signer", s->signer);
    print_string("issuer", s->issuer);
    print_string("thumbprint", s->thumbprint);
    print_string("chain_end", s->chain_end);
    print_string("reason", s->reason);
    print_string("digest", s->digest_name);
    print_string("not_before", day(s->not_before, text));
    print_string("not_after", day(s->not_after, text));
    if (s->has_timestamp)
        print_string("timestamp", day(s->timestamp, text));
    print_string("kernel_policy", kernel_policy_name(s->policy));
    print_string("revocation", revocation[s->revocation]);
    if (s->revocation >= SIGNATURE_UNKNOWN)
        print_string("revocation_of", s->revoked_name);
    printf("\"loads\": {");
    for (int place = 0; place < PLACES; place++)
        printf("%s\"%s\": \"%s\"", place ? ", " : "", kernel_place_name(place), kernel_policy_at(s->policy, place));
    printf("}, \"extended_validation\": %s, ", s->extended_validation ? "true" : "false");
    printf("\"holds\": %s, \"nested\": %s, \"page_hashes\": %s, \"trusted\": %s}", signature_holds(s) ? "true" : "false",
           s->nested ? "true" : "false", s->has_pages ? "true" : "false", s->trusted ? "true" : "false");
}

/* The exit code for one file. */
static int verify_one(const struct verify_request *request, const struct verify_options *verify, int index)
{
    struct signature list[SIGNATURES_MAX];
    int count = authenticode_verify(request->file[index], verify, list, countof(list)), code = EXIT_GOOD;

    if (count < 0)
        return cli_fail(EXIT_FINDINGS, "%s", error_text());
    if (request->json) {
        printf("%s{", index ? ",\n" : "");
        print_string("file", request->file[index]);
        printf("\"signatures\": [");
    } else {
        printf("%s: %s\n", request->file[index], count ? "signed" : "not signed; Windows loads no unsigned driver");
    }
    for (int i = 0; i < count; i++) {
        if (request->json)
            printf("%s", i ? ", " : "");
        (request->json ? print_json : print_text)(&list[i]);
        code = signature_holds(&list[i]) ? code : EXIT_FINDINGS;
    }
    if (request->json)
        printf("]}");
    return count ? code : EXIT_FINDINGS;
}

static int run_verify(const struct verb *verb, int argc, char **argv)
{
    static struct verify_request request;
    struct verify_options verify = { 0 };
    int code = cli_parse(verb, argc, argv, &request);

    if (code != EXIT_GOOD)
        return code;
    if (request.count == 0)
        return cli_fail(EXIT_USAGE, "which files? ring3 verify-signature --help");
    if (request.roots && !(verify.roots = certificates_read(request.roots)))
        return cli_fail(EXIT_HOST, "%s", error_text());
    verify.revocation = request.revocation;
    if (request.json)
        printf("[");
    for (int i = 0; i < request.count; i++) {
        int one = verify_one(&request, &verify, i);
        code = one != EXIT_GOOD ? one : code;
    }
    if (request.json)
        printf("]\n");
    sk_X509_pop_free(verify.roots, X509_free);
    revocation_free(request.revocation);
    return code;
}

VERB(verify_signature_verb) = {
    .name = "verify-signature",
    .synopsis = "FILE.. [--roots=FILE] [--crl=FILE].. [--ocsp=FILE].. [--format=text|json]",
    .summary = "say what signatures are worth, and whether Windows would load the file",
    .options = options,
    .run = run_verify,
    .order = 61,
};
