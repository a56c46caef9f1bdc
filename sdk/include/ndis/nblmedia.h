/* Media-specific information that drivers hang on a NET_BUFFER_LIST, in a list that ends with NULL.
 * docs: ndis/ns-ndis-_ndis_nbl_media_specific_information_ex */
#ifndef RING3_NDIS_NBLMEDIA_H
#define RING3_NDIS_NBLMEDIA_H

#include <ndis/nblaccessors.h>
#include <ndis/objectheader.h>
#include <ndis/version.h>

/* Of NDIS 6.0 and 6.1; Data goes on behind the structure. docs: ndis/ns-ndis-_ndis_nbl_media_media_specific_information */
typedef struct _NDIS_NBL_MEDIA_MEDIA_SPECIFIC_INFORMATION NDIS_NBL_MEDIA_SPECIFIC_INFORMATION, *PNDIS_NBL_MEDIA_SPECIFIC_INFORMATION;
struct _NDIS_NBL_MEDIA_MEDIA_SPECIFIC_INFORMATION {
    PNDIS_NBL_MEDIA_SPECIFIC_INFORMATION NextEntry;
    ULONG Tag;
    UCHAR Data[1];
};
RING3_SIZE(NDIS_NBL_MEDIA_SPECIFIC_INFORMATION, 16);

/* The first entry whose Tag matches, or NULL; *before is then the entry it hangs on, NULL for the list's head. */
FORCEINLINE PNDIS_NBL_MEDIA_SPECIFIC_INFORMATION Ring3NblMediaFind(PNET_BUFFER_LIST nbl, ULONG tag,
                                                                   PNDIS_NBL_MEDIA_SPECIFIC_INFORMATION *before)
{
    PNDIS_NBL_MEDIA_SPECIFIC_INFORMATION entry =
        (PNDIS_NBL_MEDIA_SPECIFIC_INFORMATION)NET_BUFFER_LIST_INFO(nbl, MediaSpecificInformation);

    *before = NULL;
    while (entry != NULL && entry->Tag != tag) {
        *before = entry;
        entry = entry->NextEntry;
    }
    return entry;
}

FORCEINLINE PNDIS_NBL_MEDIA_SPECIFIC_INFORMATION Ring3NblMediaGet(PNET_BUFFER_LIST nbl, ULONG tag)
{
    PNDIS_NBL_MEDIA_SPECIFIC_INFORMATION before;

    return Ring3NblMediaFind(nbl, tag, &before);
}

FORCEINLINE VOID Ring3NblMediaAdd(PNET_BUFFER_LIST nbl, PNDIS_NBL_MEDIA_SPECIFIC_INFORMATION info)
{
    info->NextEntry = (PNDIS_NBL_MEDIA_SPECIFIC_INFORMATION)NET_BUFFER_LIST_INFO(nbl, MediaSpecificInformation);
    NET_BUFFER_LIST_INFO(nbl, MediaSpecificInformation) = info;
}

FORCEINLINE VOID Ring3NblMediaRemove(PNET_BUFFER_LIST nbl, ULONG tag)
{
    PNDIS_NBL_MEDIA_SPECIFIC_INFORMATION before, entry = Ring3NblMediaFind(nbl, tag, &before);

    if (entry == NULL)
        return;
    if (before != NULL)
        before->NextEntry = entry->NextEntry;
    else
        NET_BUFFER_LIST_INFO(nbl, MediaSpecificInformation) = entry->NextEntry;
}

/* Adds at the head. docs: ndis/nf-ndis-ndis_nbl_add_media_specific_info, and the same for get and remove */
#define NDIS_NBL_ADD_MEDIA_SPECIFIC_INFO(nbl, info) Ring3NblMediaAdd(nbl, info)
#define NDIS_NBL_GET_MEDIA_SPECIFIC_INFO(nbl, tag, info) ((void)((info) = Ring3NblMediaGet(nbl, tag)))
#define NDIS_NBL_REMOVE_MEDIA_SPECIFIC_INFO(nbl, info) Ring3NblMediaRemove(nbl, (info)->Tag)

#if NDIS_SUPPORT_NDIS620

/* Header.Type: NDIS_OBJECT_TYPE_DEFAULT */
typedef struct _NDIS_NBL_MEDIA_SPECIFIC_INFORMATION_EX {
    NDIS_OBJECT_HEADER Header;
    struct _NDIS_NBL_MEDIA_SPECIFIC_INFORMATION_EX *NextEntry;
    ULONG Tag;
    PVOID Data;
} NDIS_NBL_MEDIA_SPECIFIC_INFORMATION_EX, *PNDIS_NBL_MEDIA_SPECIFIC_INFORMATION_EX;
RING3_SIZE(NDIS_NBL_MEDIA_SPECIFIC_INFORMATION_EX, 32);
#define NDIS_NBL_MEDIA_SPECIFIC_INFO_REVISION_1 1
#define NDIS_SIZEOF_NBL_MEDIA_SPECIFIC_INFO_REVISION_1 RTL_SIZEOF_THROUGH_FIELD(NDIS_NBL_MEDIA_SPECIFIC_INFORMATION_EX, Data)

FORCEINLINE PNDIS_NBL_MEDIA_SPECIFIC_INFORMATION_EX Ring3NblMediaFindEx(PNET_BUFFER_LIST nbl, ULONG tag,
                                                                        PNDIS_NBL_MEDIA_SPECIFIC_INFORMATION_EX *before)
{
    PNDIS_NBL_MEDIA_SPECIFIC_INFORMATION_EX entry =
        (PNDIS_NBL_MEDIA_SPECIFIC_INFORMATION_EX)NET_BUFFER_LIST_INFO(nbl, MediaSpecificInformationEx);

    *before = NULL;
    while (entry != NULL && entry->Tag != tag) {
        *before = entry;
        entry = entry->NextEntry;
    }
    return entry;
}

FORCEINLINE PNDIS_NBL_MEDIA_SPECIFIC_INFORMATION_EX Ring3NblMediaGetEx(PNET_BUFFER_LIST nbl, ULONG tag)
{
    PNDIS_NBL_MEDIA_SPECIFIC_INFORMATION_EX before;

    return Ring3NblMediaFindEx(nbl, tag, &before);
}

FORCEINLINE VOID Ring3NblMediaAddEx(PNET_BUFFER_LIST nbl, PNDIS_NBL_MEDIA_SPECIFIC_INFORMATION_EX info)
{
    info->NextEntry = (PNDIS_NBL_MEDIA_SPECIFIC_INFORMATION_EX)NET_BUFFER_LIST_INFO(nbl, MediaSpecificInformationEx);
    NET_BUFFER_LIST_INFO(nbl, MediaSpecificInformationEx) = info;
}

FORCEINLINE VOID Ring3NblMediaRemoveEx(PNET_BUFFER_LIST nbl, ULONG tag)
{
    PNDIS_NBL_MEDIA_SPECIFIC_INFORMATION_EX before, entry = Ring3NblMediaFindEx(nbl, tag, &before);

    if (entry == NULL)
        return;
    if (before != NULL)
        before->NextEntry = entry->NextEntry;
    else
        NET_BUFFER_LIST_INFO(nbl, MediaSpecificInformationEx) = entry->NextEntry;
}

/* docs: ndis/nf-ndis-ndis_nbl_add_media_specific_info_ex, and the same for get and remove */
#define NDIS_NBL_ADD_MEDIA_SPECIFIC_INFO_EX(nbl, info) Ring3NblMediaAddEx(nbl, info)
#define NDIS_NBL_GET_MEDIA_SPECIFIC_INFO_EX(nbl, tag, info) ((void)((info) = Ring3NblMediaGetEx(nbl, tag)))
#define NDIS_NBL_REMOVE_MEDIA_SPECIFIC_INFO_EX(nbl, info) Ring3NblMediaRemoveEx(nbl, (info)->Tag)

#endif

#endif
