/* INQUIRY with its pages of vital product data, and REPORT LUNS. */
#include "ramlun.h"

static const CHAR Vendor[] = "ring3   ", Product[] = "RAM disk        ", Revision[] = "1.00";

static VOID Copy(PUCHAR To, const CHAR *From, ULONG Length)
{
    RtlCopyMemory(To, From, Length);
}

static ULONG Standard(PRAMLUN_COMMAND Command, PUCHAR Answer)
{
    PINQUIRYDATA data = (PINQUIRYDATA)Answer;

    data->DeviceType = Command->Unit->Present ? DIRECT_ACCESS_DEVICE : 0x1f;
    data->DeviceTypeQualifier = Command->Unit->Present ? DEVICE_QUALIFIER_ACTIVE : DEVICE_QUALIFIER_NOT_SUPPORTED;
    data->Versions = 6;                         /* SPC-4 */
    data->ResponseDataFormat = 2;
    data->AdditionalLength = 66 - 5;
    data->CommandQueue = 1;
    Copy(data->VendorId, Vendor, 8);
    Copy(data->ProductId, Product, 16);
    Copy(data->ProductRevisionLevel, Revision, 4);
    PutUshort(Answer + 58, 0x0460);             /* SPC-4 */
    PutUshort(Answer + 60, 0x04c0);             /* SBC-3 */
    PutUshort(Answer + 62, 0x00a0);             /* SAM-5 */
    return 66;
}

static ULONG SupportedPages(PRAMLUN_COMMAND Command, PUCHAR Answer)
{
    static const UCHAR pages[] = { VPD_SUPPORTED_PAGES, VPD_SERIAL_NUMBER, VPD_DEVICE_IDENTIFIERS, VPD_BLOCK_LIMITS,
                                   VPD_BLOCK_DEVICE_CHARACTERISTICS, VPD_LOGICAL_BLOCK_PROVISIONING };

    UNREFERENCED_PARAMETER(Command);
    RtlCopyMemory(Answer + 4, pages, sizeof(pages));
    return sizeof(pages);
}

/* "RAMLUN-n": the number of the unit is all that tells two of them apart. */
static ULONG SerialNumber(PRAMLUN_COMMAND Command, PUCHAR Answer)
{
    Copy(Answer + 4, "RAMLUN-", 7);
    Answer[4 + 7] = (UCHAR)('0' + Command->Unit->Number);
    return 8;
}

/* A T10 vendor identification: vendor, then the serial number. */
static ULONG Identifiers(PRAMLUN_COMMAND Command, PUCHAR Answer)
{
    PUCHAR id = Answer + 4;

    id[0] = VpdCodeSetAscii;
    id[1] = VpdIdentifierTypeVendorId;
    id[3] = 16;
    Copy(id + 4, Vendor, 8);
    Copy(id + 12, "RAMLUN-", 7);
    id[19] = (UCHAR)('0' + Command->Unit->Number);
    return 20;
}

static ULONG BlockLimits(PRAMLUN_COMMAND Command, PUCHAR Answer)
{
    ULONG chunk = RAMLUN_CHUNK >> Command->Unit->SectorShift;

    Answer[5] = (UCHAR)min(255, RAMLUN_MAX_TRANSFER / 2 >> Command->Unit->SectorShift);     /* of COMPARE AND WRITE */
    PutUlong(Answer + 8, RAMLUN_MAX_TRANSFER >> Command->Unit->SectorShift);
    PutUlong(Answer + 20, RAMLUN_MAX_UNMAP);
    PutUlong(Answer + 24, 255);
    PutUlong(Answer + 28, chunk);
    PutUlong(Answer + 32, 0x80000000);          /* alignment 0 is valid */
    PutUlonglong(Answer + 36, RAMLUN_MAX_UNMAP);
    return 60;
}

static ULONG Characteristics(PRAMLUN_COMMAND Command, PUCHAR Answer)
{
    UNREFERENCED_PARAMETER(Command);
    PutUshort(Answer + 4, 1);                   /* does not rotate */
    return 60;
}

static ULONG Provisioning(PRAMLUN_COMMAND Command, PUCHAR Answer)
{
    PVPD_LOGICAL_BLOCK_PROVISIONING_PAGE page = (PVPD_LOGICAL_BLOCK_PROVISIONING_PAGE)Answer;

    UNREFERENCED_PARAMETER(Command);
    page->LBPU = page->LBPWS = page->LBPWS10 = 1;
    page->LBPRZ = 1;
    page->ProvisioningType = PROVISIONING_TYPE_THIN;
    return 4;
}

static const struct {
    UCHAR Code;
    ULONG (*Fill)(PRAMLUN_COMMAND Command, PUCHAR Answer);
} Pages[] = {
    { VPD_SUPPORTED_PAGES, SupportedPages },
    { VPD_SERIAL_NUMBER, SerialNumber },
    { VPD_DEVICE_IDENTIFIERS, Identifiers },
    { VPD_BLOCK_LIMITS, BlockLimits },
    { VPD_BLOCK_DEVICE_CHARACTERISTICS, Characteristics },
    { VPD_LOGICAL_BLOCK_PROVISIONING, Provisioning },
};

static UCHAR VitalProductData(PRAMLUN_COMMAND Command, PUCHAR Answer, ULONG Allocation)
{
    ULONG i, size;

    for (i = 0; i < ARRAYSIZE(Pages); i++) {
        if (Pages[i].Code != Command->Cdb[2])
            continue;
        Answer[1] = Command->Cdb[2];
        size = Pages[i].Fill(Command, Answer);
        PutUshort(Answer + 2, size);
        return CommandAnswer(Command, Answer, size + 4, Allocation);
    }
    return CommandFail(Command, SCSI_SENSE_ILLEGAL_REQUEST, SCSI_ADSENSE_INVALID_CDB, 0);
}

_Use_decl_annotations_
UCHAR CommandInquiry(PRAMLUN_COMMAND Command)
{
    UCHAR answer[96];
    ULONG allocation = (ULONG)Command->Cdb[3] << 8 | Command->Cdb[4];

    RtlZeroMemory(answer, sizeof(answer));
    if ((Command->Cdb[1] & CDB_INQUIRY_EVPD) && Command->Unit->Present)
        return VitalProductData(Command, answer, allocation);
    if (Command->Cdb[1] != 0 || Command->Cdb[2] != 0)
        return CommandFail(Command, SCSI_SENSE_ILLEGAL_REQUEST, SCSI_ADSENSE_INVALID_CDB, 0);
    return CommandAnswer(Command, answer, Standard(Command, answer), allocation);
}

_Use_decl_annotations_
UCHAR CommandReportLuns(PRAMLUN_COMMAND Command)
{
    UCHAR answer[8 + 8 * RAMLUN_MAX_LUNS];
    ULONG count = 0, i;

    RtlZeroMemory(answer, sizeof(answer));
    for (i = 0; i < RAMLUN_MAX_LUNS; i++)
        if (Command->Adapter->Units[i].Present)
            answer[8 + 8 * count++ + 1] = (UCHAR)i;
    PutUlong(answer, 8 * count);
    return CommandAnswer(Command, answer, 8 + 8 * count, GetUlong(Command->Cdb + 6));
}
