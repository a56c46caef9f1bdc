/* Prints the MB of INF that ring3 inf check judges in a second of the processor: 1500 cards for each of two Windows, 60 settings each. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "pkg/inf_check.h"

#define CARDS 1500
#define SETTINGS 60

static const int builds[] = { 16299, 22000 };

static void write_cards(FILE *out, int build)
{
    fprintf(out, "[Models.NTamd64.10.0...%d]\n", build);
    for (int i = 0; i < CARDS; i++)
        fprintf(out, "%%Device%% = Card%d.%d, PCI\\VEN_1234&DEV_%04X\n", i, build, (unsigned)i);
    for (int i = 0; i < CARDS; i++) {
        fprintf(out, "[Card%d.%d]\nCopyFiles = Files\nAddReg = Values%d.%d\n[Card%d.%d.Services]\nAddService = card, 2, Service\n[Values%d.%d]\n", i,
                build, i, build, i, build, i, build);
        for (int k = 0; k < SETTINGS; k++)
            fprintf(out, "HKR, Ndi\\params\\*Key%d, ParamDesc, 0, \"Setting %d of this card\"\n", k, k);
    }
}

static double write_inf(FILE *out)
{
    double size;

    fprintf(out, "[Version]\nSignature = \"$Windows NT$\"\nClass = Net\nClassGuid = {4d36e972-e325-11ce-bfc1-08002be10318}\nProvider = %%Us%%\n"
                 "CatalogFile = card.cat\nDriverVer = 01/02/2025,1.2.3.4\nPnpLockdown = 1\n"
                 "[Manufacturer]\n%%Us%% = Models, NTamd64.10.0...16299, NTamd64.10.0...22000\n"
                 "[SourceDisksNames]\n1 = %%Device%%\n[SourceDisksFiles]\ncard.sys = 1\n[DestinationDirs]\nDefaultDestDir = 13\n[Files]\ncard.sys\n"
                 "[Service]\nServiceType = 1\nStartType = 3\nErrorControl = 1\nServiceBinary = %%13%%\\card.sys\n"
                 "[Strings]\nUs = \"Contoso\"\nDevice = \"A card\"\n");
    for (int i = 0; i < 2; i++)
        write_cards(out, builds[i]);
    size = (double)ftell(out);
    return fclose(out) == 0 ? size : 0;
}

int main(void)
{
    char path[] = "/tmp/ring3-bench-XXXXXX.inf";
    struct inf_report report;
    int fd = mkstemps(path, 4);
    FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;
    double size = out ? write_inf(out) : 0;
    clock_t start = clock();
    bool good = size > 0 && inf_check(path, &(struct inf_check_options){ .mode = INF_MODE_W }, &report) && report.count == 0;

    unlink(path);
    if (!good)
        return 1;
    printf("%.0f\n", size / 1e6 * CLOCKS_PER_SEC / (double)(clock() - start));
    inf_report_free(&report);
    return 0;
}
