/* Which revision of a structure a driver passed. */
#include "unit.h"

#include "ndis/adapter.h"

static size_t size_of(UCHAR type, UCHAR revision, USHORT size)
{
    NDIS_OBJECT_HEADER header = { type, revision, size };

    return ndis_miniport_characteristics_size(&header);
}

TEST(revision_and_size_select_the_members_that_count)
{
    const UCHAR type = NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS;

    CHECK_EQ(size_of(type, 1, NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_1), 136);
    CHECK_EQ(size_of(type, 2, NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_2), 152);
    CHECK_EQ(size_of(type, 3, NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_3), 160);
    CHECK_EQ(size_of(type, 9, 500), 160);       /* from the future */
    CHECK_EQ(size_of(type, 1, 500), 136);       /* says revision 1: later members are not looked at */
    CHECK_EQ(size_of(type, 2, NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_1), 136);
}

TEST(a_bad_header_is_refused)
{
    CHECK_EQ(size_of(NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS, 1, 100), 0);
    CHECK_EQ(size_of(NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS, 0, 136), 0);
    CHECK_EQ(size_of(NDIS_OBJECT_TYPE_PROTOCOL_DRIVER_CHARACTERISTICS, 1, 136), 0);
}
