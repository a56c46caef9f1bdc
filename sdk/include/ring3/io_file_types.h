/* File access rights, create options, information classes and their buffers, IO_STATUS_BLOCK. */
#ifndef RING3_IO_FILE_TYPES_H
#define RING3_IO_FILE_TYPES_H

#include <ntdef.h>

typedef struct _IO_STATUS_BLOCK {
    union {
        NTSTATUS Status;
        PVOID Pointer;
    };
    ULONG_PTR Information;
} IO_STATUS_BLOCK, *PIO_STATUS_BLOCK;
RING3_SIZE(IO_STATUS_BLOCK, 16);

#define FILE_READ_DATA                   0x0001
#define FILE_LIST_DIRECTORY              0x0001
#define FILE_WRITE_DATA                  0x0002
#define FILE_ADD_FILE                    0x0002
#define FILE_APPEND_DATA                 0x0004
#define FILE_ADD_SUBDIRECTORY            0x0004
#define FILE_CREATE_PIPE_INSTANCE        0x0004
#define FILE_READ_EA                     0x0008
#define FILE_WRITE_EA                    0x0010
#define FILE_EXECUTE                     0x0020
#define FILE_TRAVERSE                    0x0020
#define FILE_DELETE_CHILD                0x0040
#define FILE_READ_ATTRIBUTES             0x0080
#define FILE_WRITE_ATTRIBUTES            0x0100
#define FILE_ALL_ACCESS                  (STANDARD_RIGHTS_REQUIRED | SYNCHRONIZE | 0x1ff)
#define FILE_GENERIC_READ                0x00120089
#define FILE_GENERIC_WRITE               0x00120116
#define FILE_GENERIC_EXECUTE             0x001200a0

#define FILE_SHARE_READ                  0x1
#define FILE_SHARE_WRITE                 0x2
#define FILE_SHARE_DELETE                0x4
#define FILE_SHARE_VALID_FLAGS           0x7

#define FILE_ATTRIBUTE_READONLY          0x00000001
#define FILE_ATTRIBUTE_HIDDEN            0x00000002
#define FILE_ATTRIBUTE_SYSTEM            0x00000004
#define FILE_ATTRIBUTE_DIRECTORY         0x00000010
#define FILE_ATTRIBUTE_ARCHIVE           0x00000020
#define FILE_ATTRIBUTE_DEVICE            0x00000040
#define FILE_ATTRIBUTE_NORMAL            0x00000080
#define FILE_ATTRIBUTE_TEMPORARY         0x00000100
#define FILE_ATTRIBUTE_SPARSE_FILE       0x00000200
#define FILE_ATTRIBUTE_REPARSE_POINT     0x00000400
#define FILE_ATTRIBUTE_COMPRESSED        0x00000800
#define FILE_ATTRIBUTE_OFFLINE           0x00001000
#define FILE_ATTRIBUTE_NOT_CONTENT_INDEXED 0x00002000
#define FILE_ATTRIBUTE_ENCRYPTED         0x00004000

#define FILE_SUPERSEDE                   0
#define FILE_OPEN                        1
#define FILE_CREATE                      2
#define FILE_OPEN_IF                     3
#define FILE_OVERWRITE                   4
#define FILE_OVERWRITE_IF                5
#define FILE_MAXIMUM_DISPOSITION         5

#define FILE_DIRECTORY_FILE              0x00000001
#define FILE_WRITE_THROUGH               0x00000002
#define FILE_SEQUENTIAL_ONLY             0x00000004
#define FILE_NO_INTERMEDIATE_BUFFERING   0x00000008
#define FILE_SYNCHRONOUS_IO_ALERT        0x00000010
#define FILE_SYNCHRONOUS_IO_NONALERT     0x00000020
#define FILE_NON_DIRECTORY_FILE          0x00000040
#define FILE_CREATE_TREE_CONNECTION      0x00000080
#define FILE_COMPLETE_IF_OPLOCKED        0x00000100
#define FILE_NO_EA_KNOWLEDGE             0x00000200
#define FILE_OPEN_REMOTE_INSTANCE        0x00000400
#define FILE_RANDOM_ACCESS               0x00000800
#define FILE_DELETE_ON_CLOSE             0x00001000
#define FILE_OPEN_BY_FILE_ID             0x00002000
#define FILE_OPEN_FOR_BACKUP_INTENT      0x00004000
#define FILE_NO_COMPRESSION              0x00008000
#define FILE_RESERVE_OPFILTER            0x00100000
#define FILE_OPEN_REPARSE_POINT          0x00200000
#define FILE_OPEN_NO_RECALL              0x00400000
#define FILE_OPEN_FOR_FREE_SPACE_QUERY   0x00800000
#define FILE_VALID_OPTION_FLAGS          0x00ffffff

#define FILE_SUPERSEDED                  0
#define FILE_OPENED                      1
#define FILE_CREATED                     2
#define FILE_OVERWRITTEN                 3
#define FILE_EXISTS                      4
#define FILE_DOES_NOT_EXIST              5

#define FILE_BYTE_ALIGNMENT              0x00000000
#define FILE_WORD_ALIGNMENT              0x00000001
#define FILE_LONG_ALIGNMENT              0x00000003
#define FILE_QUAD_ALIGNMENT              0x00000007
#define FILE_OCTA_ALIGNMENT              0x0000000f
#define FILE_32_BYTE_ALIGNMENT           0x0000001f
#define FILE_64_BYTE_ALIGNMENT           0x0000003f
#define FILE_128_BYTE_ALIGNMENT          0x0000007f
#define FILE_256_BYTE_ALIGNMENT          0x000000ff
#define FILE_512_BYTE_ALIGNMENT          0x000001ff

#define FILE_WRITE_TO_END_OF_FILE        0xffffffff
#define FILE_USE_FILE_POINTER_POSITION   0xfffffffe

typedef enum _FILE_INFORMATION_CLASS {
    FileDirectoryInformation = 1, FileFullDirectoryInformation, FileBothDirectoryInformation,
    FileBasicInformation, FileStandardInformation, FileInternalInformation, FileEaInformation,
    FileAccessInformation, FileNameInformation, FileRenameInformation, FileLinkInformation,
    FileNamesInformation, FileDispositionInformation, FilePositionInformation, FileFullEaInformation,
    FileModeInformation, FileAlignmentInformation, FileAllInformation, FileAllocationInformation,
    FileEndOfFileInformation, FileAlternateNameInformation, FileStreamInformation, FilePipeInformation,
    FilePipeLocalInformation, FilePipeRemoteInformation, FileMailslotQueryInformation,
    FileMailslotSetInformation, FileCompressionInformation, FileObjectIdInformation, FileCompletionInformation,
    FileMoveClusterInformation, FileQuotaInformation, FileReparsePointInformation, FileNetworkOpenInformation,
    FileAttributeTagInformation, FileTrackingInformation, FileIdBothDirectoryInformation,
    FileIdFullDirectoryInformation, FileValidDataLengthInformation, FileShortNameInformation,
    FileIoCompletionNotificationInformation, FileIoStatusBlockRangeInformation, FileIoPriorityHintInformation,
    FileSfioReserveInformation, FileSfioVolumeInformation, FileHardLinkInformation,
    FileProcessIdsUsingFileInformation, FileNormalizedNameInformation, FileNetworkPhysicalNameInformation,
    FileIdGlobalTxDirectoryInformation, FileIsRemoteDeviceInformation, FileUnusedInformation,
    FileNumaNodeInformation, FileStandardLinkInformation, FileRemoteProtocolInformation,
    FileRenameInformationBypassAccessCheck, FileLinkInformationBypassAccessCheck, FileVolumeNameInformation,
    FileIdInformation, FileIdExtdDirectoryInformation, FileReplaceCompletionInformation,
    FileHardLinkFullIdInformation, FileIdExtdBothDirectoryInformation, FileDispositionInformationEx,
    FileRenameInformationEx, FileRenameInformationExBypassAccessCheck, FileDesiredStorageClassInformation,
    FileStatInformation, FileMemoryPartitionInformation, FileStatLxInformation, FileCaseSensitiveInformation,
    FileLinkInformationEx, FileLinkInformationExBypassAccessCheck, FileStorageReserveIdInformation,
    FileCaseSensitiveInformationForceAccessCheck, FileMaximumInformation
} FILE_INFORMATION_CLASS, *PFILE_INFORMATION_CLASS;

typedef enum _FSINFOCLASS {
    FileFsVolumeInformation = 1, FileFsLabelInformation, FileFsSizeInformation, FileFsDeviceInformation,
    FileFsAttributeInformation, FileFsControlInformation, FileFsFullSizeInformation, FileFsObjectIdInformation,
    FileFsDriverPathInformation, FileFsVolumeFlagsInformation, FileFsSectorSizeInformation,
    FileFsDataCopyInformation, FileFsMetadataSizeInformation, FileFsFullSizeInformationEx,
    FileFsMaximumInformation
} FS_INFORMATION_CLASS, *PFS_INFORMATION_CLASS;

typedef struct _FILE_BASIC_INFORMATION {
    LARGE_INTEGER CreationTime;
    LARGE_INTEGER LastAccessTime;
    LARGE_INTEGER LastWriteTime;
    LARGE_INTEGER ChangeTime;
    ULONG FileAttributes;
} FILE_BASIC_INFORMATION, *PFILE_BASIC_INFORMATION;
RING3_SIZE(FILE_BASIC_INFORMATION, 0x28);

typedef struct _FILE_STANDARD_INFORMATION {
    LARGE_INTEGER AllocationSize;
    LARGE_INTEGER EndOfFile;
    ULONG NumberOfLinks;
    BOOLEAN DeletePending;
    BOOLEAN Directory;
} FILE_STANDARD_INFORMATION, *PFILE_STANDARD_INFORMATION;
RING3_SIZE(FILE_STANDARD_INFORMATION, 0x18);

typedef struct _FILE_POSITION_INFORMATION {
    LARGE_INTEGER CurrentByteOffset;
} FILE_POSITION_INFORMATION, *PFILE_POSITION_INFORMATION;
RING3_SIZE(FILE_POSITION_INFORMATION, 8);

typedef struct _FILE_END_OF_FILE_INFORMATION {
    LARGE_INTEGER EndOfFile;
} FILE_END_OF_FILE_INFORMATION, *PFILE_END_OF_FILE_INFORMATION;
RING3_SIZE(FILE_END_OF_FILE_INFORMATION, 8);

typedef struct _FILE_ALIGNMENT_INFORMATION {
    ULONG AlignmentRequirement;
} FILE_ALIGNMENT_INFORMATION, *PFILE_ALIGNMENT_INFORMATION;
RING3_SIZE(FILE_ALIGNMENT_INFORMATION, 4);

typedef struct _FILE_NAME_INFORMATION {
    ULONG FileNameLength;
    WCHAR FileName[1];
} FILE_NAME_INFORMATION, *PFILE_NAME_INFORMATION;
RING3_SIZE(FILE_NAME_INFORMATION, 8);

typedef struct _FILE_ACCESS_INFORMATION {
    ACCESS_MASK AccessFlags;
} FILE_ACCESS_INFORMATION, *PFILE_ACCESS_INFORMATION;
RING3_SIZE(FILE_ACCESS_INFORMATION, 4);

typedef struct _FILE_MODE_INFORMATION {
    ULONG Mode;
} FILE_MODE_INFORMATION, *PFILE_MODE_INFORMATION;
RING3_SIZE(FILE_MODE_INFORMATION, 4);

typedef struct _FILE_DISPOSITION_INFORMATION {
    BOOLEAN DeleteFile;
} FILE_DISPOSITION_INFORMATION, *PFILE_DISPOSITION_INFORMATION;
RING3_SIZE(FILE_DISPOSITION_INFORMATION, 1);

typedef struct _FILE_NETWORK_OPEN_INFORMATION {
    LARGE_INTEGER CreationTime;
    LARGE_INTEGER LastAccessTime;
    LARGE_INTEGER LastWriteTime;
    LARGE_INTEGER ChangeTime;
    LARGE_INTEGER AllocationSize;
    LARGE_INTEGER EndOfFile;
    ULONG FileAttributes;
} FILE_NETWORK_OPEN_INFORMATION, *PFILE_NETWORK_OPEN_INFORMATION;
RING3_SIZE(FILE_NETWORK_OPEN_INFORMATION, 0x38);

typedef struct _FILE_ATTRIBUTE_TAG_INFORMATION {
    ULONG FileAttributes;
    ULONG ReparseTag;
} FILE_ATTRIBUTE_TAG_INFORMATION, *PFILE_ATTRIBUTE_TAG_INFORMATION;
RING3_SIZE(FILE_ATTRIBUTE_TAG_INFORMATION, 8);

typedef struct _FILE_IS_REMOTE_DEVICE_INFORMATION {
    BOOLEAN IsRemote;
} FILE_IS_REMOTE_DEVICE_INFORMATION, *PFILE_IS_REMOTE_DEVICE_INFORMATION;
RING3_SIZE(FILE_IS_REMOTE_DEVICE_INFORMATION, 1);

typedef struct _FILE_FS_DEVICE_INFORMATION {
    ULONG DeviceType;
    ULONG Characteristics;
} FILE_FS_DEVICE_INFORMATION, *PFILE_FS_DEVICE_INFORMATION;
RING3_SIZE(FILE_FS_DEVICE_INFORMATION, 8);

typedef struct _FILE_FULL_EA_INFORMATION {
    ULONG NextEntryOffset;
    UCHAR Flags;
    UCHAR EaNameLength;
    USHORT EaValueLength;
    CHAR EaName[1];
} FILE_FULL_EA_INFORMATION, *PFILE_FULL_EA_INFORMATION;
RING3_SIZE(FILE_FULL_EA_INFORMATION, 12);

typedef struct _FILE_IO_COMPLETION_NOTIFICATION_INFORMATION {
    ULONG Flags;
} FILE_IO_COMPLETION_NOTIFICATION_INFORMATION, *PFILE_IO_COMPLETION_NOTIFICATION_INFORMATION;
RING3_SIZE(FILE_IO_COMPLETION_NOTIFICATION_INFORMATION, 4);

#endif
