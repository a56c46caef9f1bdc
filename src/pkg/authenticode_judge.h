/* Shared by the files that judge signatures. */
#ifndef PKG_AUTHENTICODE_JUDGE_H
#define PKG_AUTHENTICODE_JUDGE_H

#include "pkg/authenticode_verify.h"

/* The first reason stays. */
void signature_wrong(struct signature *signature, const char *reason);
bool certificate_has_usage(X509 *certificate, const char *oid);
/* The verdict on a signature whose other members are filled in. */
enum kernel_policy kernel_policy_judge(const struct signature *signature, X509 *signer);

#endif
